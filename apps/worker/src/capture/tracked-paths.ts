import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Git, prepareRepository, type TreePath } from '@baton/core/captures';

const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/** Returns the paths in the index of a git directory. Returns null if there is no index, or if git cannot read it. */
export type TrackedPathsReader = (gitDir: string) => ReadonlySet<TreePath> | null;

interface Known {
  stat: string;
  paths: ReadonlySet<TreePath> | null;
}

/**
 * Creates a reader of indexes for one workspace. It reads an index again only if the file has
 * changed. git reads a copy in the shadow folder, so it looks at nothing of the agent's.
 */
export function createTrackedPathsReader(git: Git, shadow: string): TrackedPathsReader {
  const known = new Map<string, Known>();
  return (gitDir) => {
    const index = join(gitDir, 'index');
    const stat = lstatSync(index, { throwIfNoEntry: false, bigint: true });
    if (!stat?.isFile() || stat.size > MAX_INDEX_BYTES) return null;
    const numbers = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join();
    const before = known.get(gitDir);
    if (before?.stat === numbers) return before.paths;
    const paths = readIndex(git, shadow, index);
    known.set(gitDir, { stat: numbers, paths });
    return paths;
  };
}

function readIndex(git: Git, shadow: string, index: string): ReadonlySet<TreePath> | null {
  const copy = join(shadow, `index-${randomUUID()}`);
  try {
    // git reads indexes by the repository's own configuration.
    prepareRepository(shadow);
    const content = readIndexFile(index);
    if (content === null) return null;
    writeFileSync(copy, content, { flag: 'wx', mode: 0o600 });
    const output = git.listIndex(shadow, copy);
    if (output === null) return null;
    return new Set(
      output
        .toString('latin1')
        .split('\0')
        .filter((path) => path !== ''),
    );
  } catch {
    return null;
  } finally {
    rmSync(copy, { force: true });
  }
}

// The agent may put a link or a fifo in place of its index at any time.
function readIndexFile(index: string): Buffer | null {
  const file = openSync(index, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    return stat.isFile() && stat.size <= MAX_INDEX_BYTES ? readFileSync(file) : null;
  } finally {
    closeSync(file);
  }
}
