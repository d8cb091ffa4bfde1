// Every file and folder of the project that a comment or a page names exists.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDERS = 'apps,bench,docs,examples,packages,scripts,test,tools';

const COMMENT = /(?:^|\s)(?:\/\/|\/?\*)(.*)$/;
const FILE_NAME = /(?<![\w@/.:$}-])(?:[\w.-]+\/)*[\w-][\w.-]*\.(?:ts|mjs|grit|md)\b/g;

// A path without an extension that begins with a folder of the project, or of its tests, names a folder.
const FOLDER_NAME =
  /(?<![\w@/.:$}*-])(?:apps|bench|docs|packages|scripts|test|tools|unit|integration|e2e|contract)(?:\/[\w-]+)+\/?(?![\w./*{-])/g;

// Files of other projects, and of a caller's repository.
const FOREIGN = new Set(['error.ts', 'CLAUDE.md', 'CLAUDE.local.md']);

const files = globSync(`{*.md,{${FOLDERS}}/**/*.{ts,mjs,grit,md}}`, {
  cwd: ROOT,
  exclude: ['**/node_modules/**', '**/dist/**', 'test/fixtures/**'],
});
const known = new Set(files);
const byName = Map.groupBy(files, (file) => basename(file));

test('every file and folder that a comment or a page names exists', () => {
  expect(files.length).toBeGreaterThan(900);
  expect(files.flatMap(missingIn)).toEqual([]);
});

/** The names of files and folders in the comments of a source file, or in the text of a page, that lead nowhere. */
function missingIn(file: string): string[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  const texts = file.endsWith('.md') ? lines : lines.map((line) => COMMENT.exec(line)?.[1] ?? '');
  return texts.flatMap((text, index) => {
    const names = text.match(FILE_NAME) ?? [];
    const missing = names.filter((name) => !FOREIGN.has(basename(name)) && !exists(name, file));
    const folders = (text.match(FOLDER_NAME) ?? []).filter((name) => !isFolder(name));
    return [...missing, ...folders].map((name) => `${file}:${index + 1} names ${name}`);
  });
}

/** Whether a name leads to a file: from the root, from the file that names it, or as the end of a path. */
function exists(name: string, from: string): boolean {
  if (known.has(name) || known.has(normalize(join(from, '..', name)))) return true;
  return (byName.get(basename(name)) ?? []).some((file) => file.endsWith(`/${name}`));
}

/** Whether a path leads to a folder, from the root or from the folder of the tests. */
function isFolder(path: string): boolean {
  return existsSync(join(ROOT, path)) || existsSync(join(ROOT, 'test', path));
}
