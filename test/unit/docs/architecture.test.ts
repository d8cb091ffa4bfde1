// The files that docs/architecture.md names exist, and its tables match the imports of the folders.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

const TABLE = /<!-- folders: (\S+) -->\n([\s\S]*?)<!-- end -->/g;
const ROW = /^\| `([\w-]+)` \| [^|]+ \| ([^|]*)\|(?: ([^|]*)\|)?$/;
const IMPORT = /(?:from|import\()\s*'([^']+)'/g;
const NAME = /`([\w.:-]+)`/g;

const tables = [...page.matchAll(TABLE)].map(([, source = '', rows = '']) => ({
  source,
  rows: rows.split('\n').flatMap((line) => {
    const [, folder, allowed = '', packages] = ROW.exec(line) ?? [];
    const isHeld = packages !== undefined;
    const row = { allowed: namesIn(allowed), packages: isHeld ? namesIn(packages) : undefined };
    return folder ? [{ folder, ...row }] : [];
  }),
}));

test('every file that docs/architecture.md names exists', () => {
  const named = [...page.matchAll(/`((?:apps|packages|test|docs|scripts|tools)\/[\w./-]+)`/g)];
  expect(named.length).toBeGreaterThan(25);
  const missing = named
    .map(([, path = '']) => path)
    .filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});

const SOURCES = {
  api: 'apps/api/src',
  client: 'packages/client/src',
  core: 'packages/core/src',
  scripts: 'scripts',
  tools: 'tools',
  worker: 'apps/worker/src',
};

test.each(Object.entries(SOURCES))(
  'the test folders of %s mirror the folders of %s',
  (part, source) => {
    const tested = ['unit', 'integration']
      .map((kind) => join(ROOT, 'test', kind, part))
      .filter((folder) => existsSync(folder))
      .flatMap(foldersIn);
    expect(tested.filter((folder) => !existsSync(join(ROOT, source, folder)))).toEqual([]);
  },
);

describe.each(tables)('the table of the folders of $source', ({ source, rows }) => {
  test('lists exactly the folders that exist', () => {
    const entries = readdirSync(join(ROOT, source), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(rows.map(({ folder }) => folder).sort()).toEqual(folders.sort());
  });

  test.each(rows.filter(({ packages }) => packages))(
    'names exactly the packages that $folder imports',
    ({ folder, packages }) => {
      const imported = importsIn(source, folder).map(({ target }) => target);
      const found = imported.filter((target) => !target.startsWith('.'));
      expect([...new Set(found)].sort()).toEqual(packages?.sort());
    },
  );

  test.each(rows)(
    'names every folder and neighbouring file that $folder imports',
    ({ folder, allowed }) => {
      const foreign = importsOf(source, folder).filter(
        (one) => one !== folder && !allowed.includes(one),
      );
      expect([...new Set(foreign)]).toEqual([]);
    },
  );
});

/** Returns the paths of all folders in a folder, relative to that folder. */
function foldersIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Returns the names in a cell of a table. */
function namesIn(cell: string): string[] {
  return [...cell.matchAll(NAME)].map(([, name = '']) => name);
}

/**
 * Returns the folders of `source`, and the files beside those folders, that files of `folder` import. An
 * import from outside `source` is '..'.
 */
function importsOf(source: string, folder: string): string[] {
  const base = join(ROOT, source);
  return importsIn(source, folder)
    .filter(({ target }) => target.startsWith('.'))
    .map(({ path, target }) => relative(base, resolve(path, '..', target)).split('/')[0] ?? '');
}

/** Returns all imports in files of `folder`, each with the path of the file that contains it. */
function importsIn(source: string, folder: string): { path: string; target: string }[] {
  const base = join(ROOT, source, folder);
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const path = join(base, file);
      const imports = readFileSync(path, 'utf8').matchAll(IMPORT);
      return [...imports].map(([, target = '']) => ({ path, target }));
    });
}
