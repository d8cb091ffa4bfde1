import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CaptureCorruptError, type Git, GitError, repositoryOf } from '@baton/core/captures';
import type { CaptureStore, PackRef } from '@baton/core/internal';

/**
 * Brings a pack from MongoDB into the repository of a folder. Throws CaptureCorruptError or WORKSPACE_CORRUPT if the pack
 * is incomplete or damaged, GitError if this host cannot store it, and the signal's reason if it is aborted.
 */
export async function fetchPack(
  { git, captures }: { git: Git; captures: Pick<CaptureStore, 'read'> },
  shadow: string,
  pack: PackRef,
  signal: AbortSignal,
): Promise<void> {
  const child = git.start(shadow, ['index-pack', '--stdin', '--fix-thin']);
  // git writes the pack's name, which nobody needs.
  const drained = drain(child.output);
  try {
    for await (const piece of captures.read(pack)) {
      signal.throwIfAborted();
      await child.write(piece);
    }
    child.end();
    await drained;
    await child.ended;
  } catch (error) {
    child.kill();
    await child.ended.catch(() => {});
    await removeTemporaryFiles(shadow);
    if (error instanceof GitError && !error.isOfHost) throw new CaptureCorruptError(error.message);
    throw error;
  }
}

/** Returns the paths of the files in the pack folder of a repository. Throws if the repository is not there. */
export async function packFiles(shadow: string): Promise<string[]> {
  const folder = join(repositoryOf(shadow), 'objects/pack');
  return (await readdir(folder)).map((name) => join(folder, name));
}

async function removeTemporaryFiles(shadow: string): Promise<void> {
  const files = await packFiles(shadow).catch(() => []);
  for (const file of files) {
    if (/\/tmp_[^/]*$/.test(file)) await rm(file, { force: true });
  }
}

async function drain(output: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const _ of output);
  } catch {
    // `ended` says why.
  }
}
