// docs/architecture.md is the map: its files exist, and its tables say what the folders import.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

const TABLE = /<!-- folders: (\S+) -->\n([\s\S]*?)<!-- end -->/g;
const ROW = /^\| `([\w-]+)` \| [^|]+ \| ([^|]*)\|$/;
const RELATIVE_IMPORT = /(?:from|import\()\s*'(\.{1,2}\/[^']+)'/g;

const tables = [...page.matchAll(TABLE)].map(([, source = '', rows = '']) => ({
  source,
  rows: rows.split('\n').flatMap((line) => {
    const [, folder, allowed = ''] = ROW.exec(line) ?? [];
    return folder
      ? [{ folder, allowed: [...allowed.matchAll(/`([\w.-]+)`/g)].map(([, name]) => name) }]
      : [];
  }),
}));

test('every file that the page names exists', () => {
  const named = [...page.matchAll(/`((?:apps|packages|test|docs|scripts|tools)\/[\w./-]+)`/g)];
  expect(named.length).toBeGreaterThan(25);
  const missing = named
    .map(([, path = '']) => path)
    .filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});

describe.each(tables)('the folders of $source', ({ source, rows }) => {
  test('are those of the table', () => {
    const entries = readdirSync(join(ROOT, source), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(rows.map(({ folder }) => folder).sort()).toEqual(folders.sort());
  });

  test.each(rows)(
    '$folder imports no folder and no file beside it that its row does not name',
    ({ folder, allowed }) => {
      const foreign = importsOf(source, folder).filter(
        (one) => one !== folder && !allowed.includes(one),
      );
      expect([...new Set(foreign)]).toEqual([]);
    },
  );
});

/** The folders of `source`, and the files beside them, that files of `folder` import; '..' is outside. */
function importsOf(source: string, folder: string): string[] {
  const base = join(ROOT, source);
  const files = readdirSync(join(base, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const path = join(base, folder, file);
      const imports = [...readFileSync(path, 'utf8').matchAll(RELATIVE_IMPORT)];
      return imports.map(([, target = '']) => relative(base, resolve(path, '..', target)));
    })
    .map((target) => target.split('/')[0] ?? '');
}
