// The rules of gitignore files, as git applies them. Texts are bytes (latin1), so `?` matches one byte, as in git.
import type { TreePath } from '@baton/core/captures';
import ignore, { type Ignore } from 'ignore';

/** The rules that apply in one directory. */
export interface IgnoreRules {
  /** Returns whether the rules ignore a thing in this directory. They say nothing about what its parents are. */
  ignores(path: TreePath, isDirectory: boolean): boolean;
  /**
   * Returns the rules for a directory that is entered.
   * @param gitignore The content of its `.gitignore`, or null.
   */
  enter(directory: TreePath, gitignore: string | null): IgnoreRules;
}

/** The patterns of one file. They apply below `base`, which is empty or ends in `/`. */
interface Level {
  base: TreePath;
  patterns: readonly string[];
  matcher: Ignore;
}

const UTF8_BOM = '\xef\xbb\xbf';

// A pattern with many wildcards takes very long to match a hostile path: seconds with four `**` and 300 levels. So such a
// pattern is not used, and nothing is ignored so deep.
const MAX_WILDCARDS = 8;
const MAX_WILDCARDS_IN_SEGMENT = 3;
const MAX_GLOBSTARS = 3;
const MAX_LEVELS = 100;

/**
 * Returns the rules for the top of a repository, or of a workspace without one.
 * @param base The path of this directory, empty or with `/` at the end.
 * @param exclude The content of `info/exclude`, or null. Its rules are the weakest.
 * @param gitignore The content of its `.gitignore`, or null.
 */
export function createIgnoreRules(
  base: TreePath,
  exclude: string | null,
  gitignore: string | null,
): IgnoreRules {
  return rulesOf([...levelsOf(base, exclude), ...levelsOf(base, gitignore)]);
}

/** Returns whether patterns of the form of gitignore name a path, or a directory that it lies in. */
export function createPatternMatch(
  patterns: readonly string[],
): (path: TreePath, isDirectory: boolean) => boolean {
  const matcher = createMatcher(patterns);
  return (path, isDirectory) => matcher.ignores(isDirectory ? `${path}/` : path);
}

/**
 * Returns a check whether something in a directory may match one of the patterns. The check is rough: it rules out only
 * directories beside the literal beginning of each pattern.
 */
export function createMayLieIn(patterns: readonly string[]): (directory: TreePath) => boolean {
  const beginnings = patterns.filter((pattern) => !/^(?:!|#|\s*$)/.test(pattern)).map(literalStart);
  return (directory) =>
    beginnings.some(
      (start) => `${directory}/`.startsWith(start) || start.startsWith(`${directory}/`),
    );
}

// Returns the directories that everything which matches the pattern lies in, with `/` at the end, or an empty text.
function literalStart(pattern: string): string {
  const inner = pattern.replace(/\s+$/, '').replace(/\/$/, '');
  if (!inner.includes('/')) return '';
  const segments = inner.replace(/^\//, '').split('/');
  const wild = segments.findIndex((segment) => /[*?[\\]/.test(segment));
  // The last segment may be a file, so it is left away.
  const literal = segments.slice(0, wild === -1 ? segments.length - 1 : wild);
  return literal.map((segment) => `${segment}/`).join('');
}

function rulesOf(levels: readonly Level[]): IgnoreRules {
  return {
    ignores(path, isDirectory) {
      if (isDeep(path)) return false;
      for (let index = levels.length - 1; index >= 0; index -= 1) {
        const level = levels[index] as Level;
        const result = level.matcher.test(inLevel(level, path) + (isDirectory ? '/' : ''));
        if (result.ignored) return true;
        if (result.unignored) return false;
      }
      return false;
    },
    enter(directory, gitignore) {
      if (isDeep(directory)) return this;
      const reopened = levels.map((level) => reopen(level, directory));
      const own = levelsOf(`${directory}/`, gitignore);
      const isSame = own.length === 0 && reopened.every((level, index) => level === levels[index]);
      return isSame ? this : rulesOf([...reopened, ...own]);
    },
  };
}

// The library applies a rule for a directory to everything in it. If a deeper file took the directory back in, the rule
// must no longer apply to what is in it.
function reopen(level: Level, directory: TreePath): Level {
  const path = inLevel(level, directory);
  if (!level.matcher.test(`${path}/`).ignored) return level;
  const patterns = [...level.patterns, `!/${path.replace(/[\\*?[\] ]/g, '\\$&')}/`];
  return { ...level, patterns, matcher: createMatcher(patterns) };
}

function isDeep(path: TreePath): boolean {
  return path.length > 2 * MAX_LEVELS && path.split('/').length > MAX_LEVELS;
}

function inLevel({ base }: Level, path: TreePath): string {
  return base === '' ? path : path.slice(base.length);
}

function levelsOf(base: TreePath, text: string | null): Level[] {
  if (text === null) return [];
  const content = text.startsWith(UTF8_BOM) ? text.slice(UTF8_BOM.length) : text;
  const patterns = content.split(/\r?\n/).filter((line) => line !== '' && isCheap(line));
  return patterns.length === 0 ? [] : [{ base, patterns, matcher: createMatcher(patterns) }];
}

function createMatcher(patterns: readonly string[]): Ignore {
  // An array of patterns is not split into lines, so that a directory may have a newline in its name.
  return ignore({ ignoreCase: false }).add([...patterns]);
}

function isCheap(pattern: string): boolean {
  const segments = pattern.split('/');
  const perSegment = segments.map((segment) => segment.match(/\*+/g)?.length ?? 0);
  const sum = perSegment.reduce((total, count) => total + count, 0);
  const globstars = segments.filter((segment) => segment.includes('**')).length;
  return (
    sum <= MAX_WILDCARDS &&
    globstars <= MAX_GLOBSTARS &&
    Math.max(...perSegment) <= MAX_WILDCARDS_IN_SEGMENT
  );
}
