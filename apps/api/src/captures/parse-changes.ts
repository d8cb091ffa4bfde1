import { CaptureCorruptError, fromStoredPath, type TreePath } from '@baton/core/captures';

/** How a file differs between two captures. */
export interface FileChange {
  status: 'added' | 'deleted' | 'modified' | 'renamed' | 'type_changed';
  path: TreePath;
  /** The earlier path of a renamed file. */
  oldPath?: TreePath;
  /** How alike a renamed file is, in percent. */
  similarity?: number;
  oldMode: string;
  newMode: string;
  oldOid: string;
  newOid: string;
  /** The numbers of lines that were added and removed. Absent for a binary file. */
  lines?: { added: number; removed: number };
}

const RAW = /^:(\d{6}) (\d{6}) ([0-9a-f]{40}) ([0-9a-f]{40}) ([ADMRT])(\d*)$/;
const COUNTS = /^(\d+|-)\t(\d+|-)\t([\s\S]*)$/;

const STATUSES: Readonly<Record<string, FileChange['status']>> = {
  A: 'added',
  D: 'deleted',
  M: 'modified',
  R: 'renamed',
  T: 'type_changed',
};

/**
 * Reads the output of `git diff-tree -r -z --raw --numstat -M` (latin1) on two trees of captures. Returns the changes,
 * ordered by their paths. Throws CaptureCorruptError if the output is not valid.
 */
export function parseChanges(output: string): FileChange[] {
  const fields = output.split('\0').slice(0, -1);
  const changes = new Map<TreePath, FileChange>();
  let at = 0;
  const next = () => fields[at++] ?? '';
  while (fields[at]?.startsWith(':')) {
    const change = parseRaw(next(), next);
    changes.set(change.path, change);
  }
  while (at < fields.length) {
    const [, added = '', removed = '', sole = ''] = COUNTS.exec(next()) ?? [];
    // A renamed file has no path here: the old and the new path follow.
    if (sole === '') next();
    const change = changes.get(toPath(sole || next()));
    if (change && added !== '-') change.lines = { added: Number(added), removed: Number(removed) };
  }
  return [...changes.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function parseRaw(line: string, next: () => string): FileChange {
  const [, oldMode, newMode, oldOid, newOid, letter = '', score] = RAW.exec(line) ?? [];
  const status = STATUSES[letter];
  if (!status || !oldMode || !newMode || !oldOid || !newOid) throw notValid(line);
  const facts = { status, oldMode, newMode, oldOid, newOid };
  const first = toPath(next());
  if (status !== 'renamed') return { ...facts, path: first };
  return { ...facts, path: toPath(next()), oldPath: first, similarity: Number(score) };
}

function toPath(stored: string): TreePath {
  const path = fromStoredPath(`tree/${stored}`);
  if (path === null) throw notValid(stored);
  return path;
}

function notValid(what: string): CaptureCorruptError {
  return new CaptureCorruptError(`git lists a change that is not valid: ${JSON.stringify(what)}`);
}
