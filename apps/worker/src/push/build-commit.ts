// Builds the commit of a session's work in a bare repository of Baton's own.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createPatternMatch } from '../capture/ignore-rules.ts';
import { type CommitFacts, formatCommit } from './commit-message.ts';
import { convertFiles, writeIndex } from './convert-files.ts';
import { createIgnoredCheck } from './ignored-files.ts';
import type { LocalGit } from './local-git.ts';
import { readCapture, readGitignores, readTree } from './read-trees.ts';
import { type FileEntry, isSameTree, mergeWork } from './work-tree.ts';

/** The commit to build. The repository must hold all three commits. */
export interface WorkCommit extends Omit<CommitFacts, 'tree'> {
  /** The commit that the conversation began from. */
  base: string;
  /** The commit of the last capture. Null if there was nothing to capture. */
  capture: string | null;
  /** Patterns of ignored files that travel; git does not add them all the same. */
  include: readonly string[];
}

/**
 * Builds the commit and returns its id, or null if it would change nothing. Equal captures give equal commits. Rejects
 * with a LocalGitError, or a CaptureCorruptError.
 */
export async function buildCommit(git: LocalGit, work: WorkCommit): Promise<string | null> {
  const base = await readTree(git, work.base);
  const parent = work.parent === work.base ? base : await readTree(git, work.parent);
  const entries = await collectEntries(git, work, base);
  if (isSameTree(entries, parent)) return null;
  const index = join(git.dir, 'work.index');
  await writeIndex(git, index, entries);
  const tree = (await git.run(['write-tree'], { index })).toString().trim();
  const args = ['hash-object', '-t', 'commit', '-w', '--stdin'];
  return (await git.run(args, { input: formatCommit({ ...work, tree }) })).toString().trim();
}

async function collectEntries(
  git: LocalGit,
  { capture, include }: WorkCommit,
  base: ReadonlyMap<string, FileEntry>,
): Promise<Map<string, FileEntry>> {
  if (capture === null) return new Map();
  const { entries: captured, leftOut } = await readCapture(git, capture);
  const isIgnored = await createCheck(git, captured, include);
  const { entries, differing } = mergeWork({ base, captured, leftOut, isIgnored });
  const folder = join(git.dir, 'convert');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  try {
    for (const [path, oid] of await convertFiles(git, { base, entries, differing, folder })) {
      entries.set(path, { mode: entries.get(path)?.mode ?? '100644', oid });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return entries;
}

// A capture holds ignored files only if git's index or `include` names them. What the agent added to the index is meant
// for a commit.
async function createCheck(
  git: LocalGit,
  captured: ReadonlyMap<string, FileEntry>,
  include: readonly string[],
): Promise<(path: string) => boolean> {
  if (include.length === 0) return () => false;
  const isIgnored = createIgnoredCheck(await readGitignores(git, captured));
  const patterns = include.map((pattern) => Buffer.from(pattern).toString('latin1'));
  const isIncluded = createPatternMatch(patterns);
  return (path) => isIncluded(path, false) && isIgnored(path);
}
