// Compares what MongoDB stores of a conversation's files with their unique content.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { Mongo } from '@baton/core/internal';
import { atMostMeasure, type Measure } from '../measure.ts';
import { makeFiles } from './many-files.ts';
import { createStoredWorkspace } from './stored-workspace.ts';

const FILES = 1_000;
const CONTINUES = 50;
const MOST_TIMES = 1.2;

/**
 * Continues a session with 1,000 files 50 times. Each continue changes one file, and captures it during the attempt and
 * at its end.
 */
export async function benchStoredBytes(mongo: Mongo): Promise<Measure[]> {
  const root = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const workspace = createStoredWorkspace(mongo);
  try {
    const files = await makeFiles(join(root, 'tree'), FILES);
    const shadow = join(root, 'shadow');
    let unique = [...files.contents.values()].reduce((sum, one) => sum + compressed(one), 0);
    let capture = await workspace.begin(shadow, files.root, null).finish();
    const first = { stored: await workspace.storedBytes(), unique };
    for (let number = 0; number < CONTINUES; number += 1) {
      const attempt = workspace.begin(shadow, files.root, capture);
      unique += compressed(await files.change(files.paths[number * 19] ?? ''));
      await attempt.capture();
      capture = await attempt.finish();
    }
    const stored = await workspace.storedBytes();
    return [
      atMostMeasure(`stored bytes of ${CONTINUES} continues and the first capture`, 'bytes', {
        ours: stored,
        byHand: unique,
        mostTimes: MOST_TIMES,
      }),
      atMostMeasure(`stored bytes of the ${CONTINUES} continues alone`, 'bytes', {
        ours: stored - first.stored,
        byHand: unique - first.unique,
        mostTimes: MOST_TIMES,
      }),
    ];
  } finally {
    await workspace.close();
    await rm(root, { recursive: true, force: true });
  }
}

function compressed(content: Buffer): number {
  return deflateSync(content).length;
}
