import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { type Page, parsePage, ROOT, readPages } from '../../support/markdown/pages.ts';

const pages = readPages();
const anchorsOf = new Map(
  pages.map(({ path, headings }) => [path, headings.map(({ anchor }) => anchor)]),
);
const ABSOLUTE = /^(?:[a-z][a-z+.-]*:|\/\/)/i;

test('the pages have links', () => {
  expect(pages.map(({ path }) => path)).toContain('README.md');
  expect(pages.flatMap(({ links }) => links).length).toBeGreaterThan(50);
});

test.each(pages)('every relative link of $path leads to a file and a heading', (page) => {
  expect(brokenLinksOf(page)).toEqual([]);
});

test('a link to a file or a heading that does not exist is broken', () => {
  const lines = [
    '# A `title`, and more',
    '[a](docs/none.md) [b](docs/events.md#none) [c](#none) ![d](none.png) [e]',
    '[f](docs/events.md) [g](#a-title-and-more) [h](https://example.com/none.md) [i](docs)',
    '',
    '[e]: ../outside.md',
  ];
  const broken = ['docs/none.md', 'docs/events.md#none', '#none', 'none.png'];
  expect(brokenLinksOf(parsePage('README.md', lines.join('\n')))).toEqual([
    ...broken.map((url) => `line 2: ${url}`),
    'line 5: ../outside.md',
  ]);
});

/**
 * Returns the broken relative links of a page, each with its line. A link is broken if its file or
 * heading does not exist.
 */
function brokenLinksOf({ path, links, headings }: Page): string[] {
  return links.flatMap(({ url, line }) => {
    if (ABSOLUTE.test(url)) return [];
    const [file = '', anchor] = decodeURIComponent(url).split('#');
    const target = file === '' ? path : normalize(join(path, '..', file));
    const found = target === path ? headings.map((one) => one.anchor) : anchorsOf.get(target);
    const isBroken =
      target.startsWith('..') ||
      !existsSync(join(ROOT, target)) ||
      (anchor !== undefined && !found?.includes(anchor));
    return isBroken ? [`line ${line}: ${url}`] : [];
  });
}
