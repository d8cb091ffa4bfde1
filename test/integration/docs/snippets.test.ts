// The programs in the pages type-check as a reader would paste them. Each program is a separate
// module.
import { expect, test } from 'vitest';
import { parsePage, readPages } from '../../support/markdown/pages.ts';
import { compile } from '../../support/snippets/compile.ts';
import { programsOf } from '../../support/snippets/programs.ts';

test('every program in a page type-checks as pasted', { timeout: 120_000 }, async () => {
  const programs = readPages().flatMap(programsOf);
  expect(programs.length).toBeGreaterThan(3);
  expect(await compile(programs)).toEqual([]);
});

test('a compiler error names the page and its line', async () => {
  const page = parsePage('page.md', '# Title\n\n```ts\nconst a: number = "";\n```');
  expect(await compile(programsOf(page))).toEqual([
    expect.stringMatching(/^page\.md_3\.ts\(4,7\): error TS2322/),
  ]);
});
