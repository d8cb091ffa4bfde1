import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from '@baton/core/captures';
import type { CaptureLease } from './capture-cache.ts';
import { PLAIN } from './list-changes.ts';
import type { FileChange } from './parse-changes.ts';
import { withNames } from './patch-text.ts';

/** The patch of one change. */
export type Patch =
  /** The text (latin1). */
  | { kind: 'text'; text: string }
  /** The patch has more bytes than allowed. */
  | { kind: 'too_large' };

/** What bounds patches. */
export interface PatchBounds {
  /** The most bytes of one patch. */
  file: number;
  /** The most bytes of all patches. The first is returned whatever it takes. */
  total: number;
}

const SECTION = /^diff --git a\/(\d+) /;

/**
 * Resolves to the patches of changes, in their order. Fewer are returned if together they have too many bytes.
 *
 * git compares two trees that hold only the files of these changes, each named by its number. So no name of a file is
 * part of a command or has to be found in git's output. The trees lie in a folder of their own, which is removed.
 */
export async function readPatches(
  { shadow, gitWithObjects }: Pick<CaptureLease, 'shadow' | 'gitWithObjects'>,
  changes: readonly FileChange[],
  bounds: PatchBounds,
): Promise<Patch[]> {
  const objects = await mkdtemp(join(shadow, 'request-'));
  try {
    const git = gitWithObjects(objects);
    const [before, after] = await makeTrees(git, shadow, changes);
    return await comparePages(git, shadow, { before, after, changes, bounds });
  } finally {
    await rm(objects, { recursive: true, force: true });
  }
}

async function makeTrees(
  git: Git,
  shadow: string,
  changes: readonly FileChange[],
): Promise<[string, string]> {
  const lines = (side: (change: FileChange) => [mode: string, oid: string]) =>
    changes.map((change, index) => {
      const [mode, oid] = side(change);
      return mode === '000000' ? '' : `${mode} blob ${oid}\t${nameOf(index)}\n`;
    });
  const make = async (side: (change: FileChange) => [string, string]) =>
    (await git.run(shadow, ['mktree', '--missing'], lines(side).join(''))).toString().trim();
  return [
    await make(({ oldMode, oldOid }) => [oldMode, oldOid]),
    await make(({ newMode, newOid }) => [newMode, newOid]),
  ];
}

async function comparePages(
  git: Git,
  shadow: string,
  {
    before,
    after,
    changes,
    bounds,
  }: { before: string; after: string; changes: readonly FileChange[]; bounds: PatchBounds },
): Promise<Patch[]> {
  const args = ['diff-tree', ...PLAIN, '-r', '-p', '--no-renames', '--full-index', before, after];
  const child = git.start(shadow, args);
  child.end();
  const sections = createSections(bounds.file);
  let isWhole = true;
  try {
    for await (const chunk of child.output) {
      sections.add(chunk.toString('latin1'));
      // One more patch than fits is enough.
      isWhole = sections.bytes() <= bounds.total + bounds.file;
      if (!isWhole) break;
    }
    if (isWhole) await child.ended;
  } finally {
    child.kill();
    await child.ended.catch(() => {});
  }
  const reached = isWhole ? changes.length : sections.newest();
  return fitting(
    changes
      .slice(0, Math.max(1, reached))
      .map((change, index) => toPatch(change, sections.of(index))),
    bounds.total,
  );
}

function toPatch(change: FileChange, section: Section | undefined): Patch {
  if (section?.isTooLarge) return { kind: 'too_large' };
  // A file that became a symlink has two sections: it is removed and added.
  const parts = (section?.text ?? '').split(/^(?=diff --git )/m);
  return { kind: 'text', text: parts.map((part) => withNames(change, part)).join('') };
}

function fitting(patches: readonly Patch[], total: number): Patch[] {
  let bytes = 0;
  const fits = patches.findIndex((patch) => {
    bytes += patch.kind === 'text' ? patch.text.length : 0;
    return bytes > total;
  });
  return patches.slice(0, fits === -1 ? patches.length : Math.max(1, fits));
}

interface Section {
  text: string;
  isTooLarge: boolean;
}

/** Collects git's output by the number of its file. A line that begins a section cannot lie within a patch. */
function createSections(maxBytes: number) {
  const found = new Map<number, Section>();
  let current: Section | null = null;
  let newest = 0;
  let bytes = 0;
  let rest = '';

  function addLine(line: string): void {
    const number = SECTION.exec(line)?.[1];
    if (number !== undefined) {
      newest = Number(number);
      current = found.get(newest) ?? { text: '', isTooLarge: false };
      found.set(newest, current);
    }
    if (current === null || current.isTooLarge) return;
    if (current.text.length + line.length > maxBytes) {
      bytes -= current.text.length;
      current.text = '';
      current.isTooLarge = true;
      return;
    }
    current.text += line;
    bytes += line.length;
  }

  return {
    add(chunk: string) {
      const lines = (rest + chunk).split(/(?<=\n)/);
      rest = lines.at(-1)?.endsWith('\n') ? '' : (lines.pop() ?? '');
      // A line without an end would be kept whole.
      if (rest.length > maxBytes) {
        if (current) {
          bytes -= current.text.length;
          current.text = '';
          current.isTooLarge = true;
        }
        // The rest of this line must not look like the beginning of one.
        rest = ' ';
      }
      for (const line of lines) addLine(line);
    },
    of: (index: number) => found.get(index),
    newest: () => newest,
    bytes: () => bytes,
  };
}

function nameOf(index: number): string {
  return String(index).padStart(4, '0');
}
