// Compares captures and restores of a workspace with git by hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mongo } from '@baton/core/internal';
import { comparedMeasure, type Measure, median } from '../measure.ts';
import { makeFiles } from './many-files.ts';
import { addAndCommit, clone, initRepository } from './plain-git.ts';
import { createStoredWorkspace } from './stored-workspace.ts';

const FIRST_ROUNDS = 3;
const LATER_ROUNDS = 9;
const WARM_UPS = 1;
/** The most that a later capture of 20,000 files may take, in milliseconds. */
const LATER_MAX_MS = 1_000;

/**
 * Captures and restores `count` files, in turn with `git add -A && git commit` of the same directory
 * and with `git clone` of the result.
 */
export async function benchCapture(
  mongo: Mongo,
  count: number,
  hasTarget: boolean,
): Promise<Measure[]> {
  const root = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const workspace = createStoredWorkspace(mongo);
  const times = { first: pair(), later: pair(), restore: pair() };
  try {
    const files = await makeFiles(join(root, 'tree'), count);
    const shadowOf = (round: number) => join(root, `shadow-${round}`);
    const gitOf = (round: number) => join(root, `git-${round}`);
    const rounds = WARM_UPS + FIRST_ROUNDS;
    for (let round = 1; round <= rounds; round += 1) {
      await initRepository(gitOf(round));
      await compare(times.first, round, {
        ours: () => workspace.begin(shadowOf(round), files.root, null).capture(),
        byHand: () => addAndCommit(gitOf(round), files.root),
      });
    }
    const attempt = workspace.begin(join(root, 'shadow'), files.root, null);
    await attempt.capture();
    for (let round = 1; round <= WARM_UPS + LATER_ROUNDS; round += 1) {
      await files.change(files.paths[(round * 97) % count] ?? '');
      await compare(times.later, round, {
        ours: () => attempt.capture(),
        byHand: () => addAndCommit(gitOf(1), files.root),
      });
    }
    const capture = await attempt.finish();
    for (let round = 1; round <= rounds; round += 1) {
      await compare(times.restore, round, {
        ours: () =>
          workspace.restore(
            join(root, `new-shadow-${round}`),
            join(root, `restored-${round}`),
            capture,
          ),
        byHand: () => clone(gitOf(1), join(root, `cloned-${round}`)),
      });
    }
  } finally {
    await workspace.close();
    await rm(root, { recursive: true, force: true });
  }
  const name = `${count.toLocaleString('en')} small files`;
  return [
    comparedMeasure(`first capture of ${name}`, 'ms', medians(times.first)),
    comparedMeasure(
      `later capture of ${name}`,
      'ms',
      medians(times.later),
      hasTarget ? LATER_MAX_MS : undefined,
    ),
    comparedMeasure(`restore of ${name}`, 'ms', medians(times.restore)),
  ];
}

interface Pair {
  ours: number[];
  byHand: number[];
}

function pair(): Pair {
  return { ours: [], byHand: [] };
}

function medians({ ours, byHand }: Pair): { ours: number; byHand: number } {
  return { ours: median(ours), byHand: median(byHand) };
}

// Alternates the order, so that what the first leaves in caches helps both equally.
async function compare(
  times: Pair,
  round: number,
  run: { ours: () => Promise<void>; byHand: () => Promise<void> },
): Promise<void> {
  const sides = ['ours', 'byHand'] as const;
  for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
    const start = performance.now();
    await run[side]();
    if (round > WARM_UPS) times[side].push(performance.now() - start);
  }
}
