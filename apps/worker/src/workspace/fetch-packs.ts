import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Capture, CaptureStore } from '@baton/core/internal';
import type { CaptureEngine } from '../capture/capture-engine.ts';
import { makeFolder } from '../host/make-folder.ts';

/**
 * Brings everything that a capture needs from MongoDB into the shadow repository of a workspace. Does nothing if the
 * repository holds the capture already. Throws WORKSPACE_CORRUPT if a pack is incomplete or damaged.
 */
export async function fetchPacks(
  {
    captures,
    engine,
  }: { captures: Pick<CaptureStore, 'read'>; engine: Pick<CaptureEngine, 'has' | 'addPacks'> },
  shadow: string,
  { commit, packs }: Pick<Capture, 'commit' | 'packs'>,
): Promise<void> {
  if (await engine.has(shadow, commit)) return;
  await makeFolder(shadow);
  const files: string[] = [];
  try {
    for (const pack of packs) {
      const file = join(shadow, `incoming-${files.length}.pack`);
      files.push(file);
      await rm(file, { recursive: true, force: true });
      const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
      await pipeline(Readable.from(captures.read(pack)), target);
    }
    await engine.addPacks(shadow, files);
  } finally {
    for (const file of files) await rm(file, { force: true });
  }
}
