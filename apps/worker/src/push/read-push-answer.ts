// Reads what git says about a push that failed.
import { cutText } from '@baton/core/internal';

const REASON_MAX_BYTES = 2 * 1024;

// ` ! [remote rejected] <commit> -> <branch> (pre-receive hook declined)`. What the server says begins with `remote:`.
const REJECTED = /^ ! \[([^\]]+)\] +\S+ -> \S+(?: \((.*)\))?$/m;

/**
 * Returns why git or the server refused the branch, or null if it did not come so far. What the server's hooks printed is
 * part of the reason.
 */
export function findRejection(stderr: string): string | null {
  const found = REJECTED.exec(stderr);
  if (found === null) return null;
  const [, what = '', why] = found;
  const said = [...stderr.matchAll(/^remote: ?(.*)$/gm)]
    .map(([, line = '']) => line.replace(/\p{Cc}/gu, ' ').trim())
    .filter((line) => line !== '');
  const reason = why === 'stale info' ? STALE : (why ?? what);
  return cutText([reason, ...said].join('\n'), REASON_MAX_BYTES);
}

const STALE = 'stale info: the branch is not where this conversation left it';
