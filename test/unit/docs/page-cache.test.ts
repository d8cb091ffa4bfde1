import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseNewPages } from '../../support/markdown/page-cache.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-page-cache-'));
  file = join(folder, 'new', 'pages.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Reads pages through the cache, and returns their parsed forms and the paths that were parsed. */
function read(texts: Record<string, string>, version = '1', cacheFile = file) {
  const parsed: string[] = [];
  const sources = Object.entries(texts).map(([path, text]) => ({ path, text }));
  const pages = parseNewPages(cacheFile, version, sources, (path, text) => {
    parsed.push(path);
    return { path, headings: [text] };
  });
  return { headings: pages.map(({ headings }) => headings[0]), parsed };
}

test('the cache of pages returns the parsed form of an unchanged page', () => {
  expect(read({ a: 'x', b: 'y' })).toEqual({ headings: ['x', 'y'], parsed: ['a', 'b'] });
  expect(read({ a: 'x', b: 'y' })).toEqual({ headings: ['x', 'y'], parsed: [] });
  expect(readdirSync(join(folder, 'new'))).toEqual(['pages.json']);
});

test('the cache of pages parses a page again if its text, its path or the parser has changed', () => {
  read({ a: 'x', b: 'y' });
  expect(read({ a: 'x', b: 'z' })).toEqual({ headings: ['x', 'z'], parsed: ['b'] });
  expect(read({ a: 'x', c: 'z' })).toEqual({ headings: ['x', 'z'], parsed: ['c'] });
  expect(read({ a: 'x', c: 'z' }, '2')).toEqual({ headings: ['x', 'z'], parsed: ['a', 'c'] });
});

test('the cache of pages parses all pages if its file is broken or cannot be written', () => {
  read({ a: 'x' });
  writeFileSync(file, '{"torn');
  expect(read({ a: 'x' })).toEqual({ headings: ['x'], parsed: ['a'] });
  const inFile = join(file, 'below-a-file.json');
  expect(read({ a: 'x' }, '1', inFile)).toEqual({ headings: ['x'], parsed: ['a'] });
});
