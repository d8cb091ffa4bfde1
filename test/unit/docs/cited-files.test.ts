// Checks that comments and pages name only files, folders, sections of pages, tests and npm scripts that exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { citationsIn, stands } from '../../support/citations.ts';
import { type Heading, readPages } from '../../support/markdown/pages.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDERS = 'apps,bench,docs,examples,packages,scripts,test,tools';

const COMMENT = /(?:^|\s)(?:\/\/|\/?\*)(.*)$/;
const HASH_COMMENT = /(?:^|\s)#(.*)$/;
const FILE_NAME =
  /(?<![\w@/.:$}-])(?:(?:[\w.-]+\/)*[\w-][\w.-]*\.(?:ts|mjs|cjs|grit|md|sh|py|yml)|(?:[\w-][\w.-]*\/)+[\w.-]+\.json)\b/g;
const NPM_SCRIPT = /\bnpm run ([\w:]*\w)/g;

// Matches the path of a folder: it begins with a folder of the project or of its tests, and has no extension.
const FOLDER_NAME =
  /(?<![\w@/.:$}*-])(?:apps|bench|docs|packages|scripts|test|tools|unit|integration|e2e|contract)(?:\/[\w-]+)+\/?(?![\w./*{-])/g;

// A section is cited by its number, after or before the page, or by the anchor of its heading.
const SECTION_NUMBERS = /([\w./-]+\.md)`?,? sections? (\d+(?:(?:, | and |, and )\d+)*)/g;
const NUMBER_OF_PAGE = /\bsections? (\d+) of `?([\w./-]+\.md)/g;
const ANCHOR = /([\w./-]+\.md)#([\w-]+)/g;

// Names of files in other projects, in a caller's repository, or in examples that a reader tries.
const FOREIGN = new Set([
  'example.ts',
  'error.ts',
  'error_codes.yml',
  'CLAUDE.md',
  'CLAUDE.local.md',
]);

const exclude = ['**/node_modules/**', '**/dist/**', 'test/fixtures/**'];
const hashed = globSync(['Dockerfile', '*.yml', '.ci/run', `{${FOLDERS}}/**/*.{sh,py}`], {
  cwd: ROOT,
  exclude,
});
const sources = globSync(`{*.md,{${FOLDERS}}/**/*.{ts,mjs,cjs,grit,md}}`, { cwd: ROOT, exclude });
const files = [...sources, ...hashed];
const known = new Set([
  ...files,
  ...globSync(`{*.json,{${FOLDERS}}/**/*.json}`, { cwd: ROOT, exclude }),
]);
const byName = Map.groupBy(known, (file) => basename(file));
const textsByFile = new Map(files.map((file) => [file, readTexts(file)]));

test('every file and folder that a comment or a page names exists', () => {
  expect(files.length).toBeGreaterThan(900);
  expect(files.flatMap(missingIn)).toEqual([]);
});

test('every section of a page that a comment or a page names exists', () => {
  const pages = new Map(readPages().map(({ path, headings }) => [path, headings]));
  const cited = files.flatMap((file) => sectionsIn(textsIn(file).join(' '), file));
  expect(cited.length).toBeGreaterThan(10);
  const missing = cited.filter(({ page, matches }) => !pages.get(page)?.some(matches));
  expect(missing.map(({ file, page, section }) => `${file} names ${page}, ${section}`)).toEqual([]);
});

test('every test that a comment or a page cites by its title exists', () => {
  const cited = files.flatMap((file) =>
    citationsIn(textsIn(file).join(' ')).map((citation) => ({ file, citation })),
  );
  expect(cited.length).toBeGreaterThan(100);
  const missing = cited.filter(({ citation }) => !known.has(citation[0]) || !stands(citation));
  expect(missing).toEqual([]);
});

test('every npm script that a comment or a page names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const named = files.flatMap((file) =>
    [...textsIn(file).join(' ').matchAll(NPM_SCRIPT)].map(([, name = '']) => ({ file, name })),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ name }) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test.each([
  ['a section number before the page', 'see section 7 of docs/reliability.md', ['7']],
  [
    'section numbers after the page',
    'see docs/reliability.md, sections 3, 4 and 12',
    ['3', '4', '12'],
  ],
  ['an anchor of the page', '(docs/reliability.md#a-sick-host)', ['a-sick-host']],
  [
    'no section number of another document',
    'see docs/reliability.md, and section 3 of the issue',
    [],
  ],
])('sectionsIn finds %s', (_, text, sections) => {
  const cited = sectionsIn(text, 'docs/page.md');
  expect(cited.map(({ section }) => section)).toEqual(sections);
  for (const { page } of cited) expect(page).toBe('docs/reliability.md');
});

type CitedSection = {
  file: string;
  page: string;
  section: string;
  matches: (heading: Heading) => boolean;
};

/** Returns the sections of pages that a text in a file names. */
function sectionsIn(text: string, file: string): CitedSection[] {
  if (!text.includes('.md')) return [];
  const byNumber = [...text.matchAll(SECTION_NUMBERS)].flatMap(([, page = '', numbers = '']) =>
    (numbers.match(/\d+/g) ?? []).map((section) => ({
      file,
      page: pathOf(page, file),
      section,
      matches: (heading: Heading) => heading.text.startsWith(`${section}. `),
    })),
  );
  const byNumberOfPage = [...text.matchAll(NUMBER_OF_PAGE)].map(([, section = '', page = '']) => ({
    file,
    page: pathOf(page, file),
    section,
    matches: (heading: Heading) => heading.text.startsWith(`${section}. `),
  }));
  const byAnchor = [...text.matchAll(ANCHOR)].map(([, page = '', section = '']) => ({
    file,
    page: pathOf(page, file),
    section,
    matches: (heading: Heading) => heading.anchor === section,
  }));
  return [...byNumber, ...byNumberOfPage, ...byAnchor];
}

/** Returns the path of a page from the project's folder. The file `from` names the page. */
function pathOf(name: string, from: string): string {
  const relativePath = normalize(join(from, '..', name));
  if (known.has(name)) return name;
  if (known.has(relativePath)) return relativePath;
  return (byName.get(basename(name)) ?? []).find((file) => file.endsWith(`/${name}`)) ?? name;
}

/**
 * Returns the file and folder names that do not exist, from a page or from the comments of a source
 * file.
 */
function missingIn(file: string): string[] {
  return textsIn(file).flatMap((text, index) => {
    const names = text.match(FILE_NAME) ?? [];
    const missing = names.filter((name) => !FOREIGN.has(basename(name)) && !exists(name, file));
    const folders = (text.match(FOLDER_NAME) ?? []).filter((name) => !isFolder(name));
    return [...missing, ...folders].map((name) => `${file}:${index + 1} names ${name}`);
  });
}

/** Returns the text of each line of a file. */
function textsIn(file: string): readonly string[] {
  return textsByFile.get(file) ?? [];
}

/**
 * Reads a text for each line of a file. For a page the text is the line; for a source file it is
 * the comment on the line.
 */
function readTexts(file: string): string[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  if (file.endsWith('.md')) return lines;
  const [mark, comment] = hashed.includes(file) ? [/#/, HASH_COMMENT] : [/\/\/|\*/, COMMENT];
  return lines.map((line) => (mark.test(line) && comment.exec(line)?.[1]?.trim()) || '');
}

/** Returns whether a name is a path from the root or from the file `from`, or the end of a file's path. */
function exists(name: string, from: string): boolean {
  if (known.has(name) || known.has(normalize(join(from, '..', name)))) return true;
  return (byName.get(basename(name)) ?? []).some((file) => file.endsWith(`/${name}`));
}

/** Returns whether a path exists, from the root or from the folder of the tests. */
function isFolder(path: string): boolean {
  return existsSync(join(ROOT, path)) || existsSync(join(ROOT, 'test', path));
}
