// Gives a patch the names of its file. git made it for files that are named by a number.
import { isUtf8 } from 'node:buffer';
import { quotePath, type TreePath } from '@baton/core/captures';
import type { FileChange } from './parse-changes.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a line of a patch cannot hold.
const NEEDS_QUOTES = /[\x00-\x1f\x7f"\\]/;

/** Returns a name as git writes it in a patch (latin1): quoted if it has characters that a line cannot hold. */
export function toPatchName(path: TreePath): string {
  const isPlain = !NEEDS_QUOTES.test(path) && isUtf8(Buffer.from(path, 'latin1'));
  return isPlain ? path : quotePath(path);
}

/**
 * Returns the patch of a change with its real names.
 *
 * @param section What git wrote for the numbered file (latin1), from `diff --git` on; '' if it wrote nothing, because only
 * the name differs.
 */
export function withNames(change: FileChange, section: string): string {
  const { path, oldPath = path } = change;
  const [before, after] = [toPatchName(`a/${oldPath}`), toPatchName(`b/${path}`)];
  const first = `diff --git ${before} ${after}`;
  const renaming = renamingLines(change);
  if (section === '') return `${[first, ...renaming].join('\n')}\n`;
  const bodyAt = section.search(/^@@ /m);
  const [head, body] =
    bodyAt === -1 ? [section, ''] : [section.slice(0, bodyAt), section.slice(bodyAt)];
  const lines = head.split('\n').flatMap((line) => {
    if (line.startsWith('diff --git ')) return [first];
    if (line.startsWith('index ')) return [...renaming, line];
    if (line.startsWith('--- a/')) return [`--- ${toFileName(before)}`];
    if (line.startsWith('+++ b/')) return [`+++ ${toFileName(after)}`];
    if (!line.startsWith('Binary files ')) return [line];
    const [from, to] = line.slice('Binary files '.length).split(' and ');
    const isNew = from === '/dev/null';
    const isGone = to?.startsWith('/dev/null');
    return [`Binary files ${isNew ? from : before} and ${isGone ? '/dev/null' : after} differ`];
  });
  // Only a mode differs, so that git wrote no line with the ids.
  if (renaming.length > 0 && !head.includes('\nindex ')) lines.splice(-1, 0, ...renaming);
  return lines.join('\n') + body;
}

/** Returns the line that stands for a patch that is too large (latin1). `git apply` ignores it. */
export function leftOutLine(change: FileChange, bytes: number): string {
  return `# The patch of ${toPatchName(change.path)} is left out: it has more than ${bytes} bytes.\n`;
}

function renamingLines({ path, oldPath, similarity = 100 }: FileChange): string[] {
  if (oldPath === undefined) return [];
  return [
    `similarity index ${similarity}%`,
    `rename from ${toPatchName(oldPath)}`,
    `rename to ${toPatchName(path)}`,
  ];
}

// git ends a name with spaces by a tab, because some programs take what follows a space for a time.
function toFileName(name: string): string {
  return name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name;
}
