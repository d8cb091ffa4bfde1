import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const CITATION = /`(test\/[\w/-]+\.test\.ts)`:((?:,? "[^"]+")+)/g;
const TITLE = /"([^"]+)"/g;

// Pages cite hundreds of tests, many of one file.
const sources = new Map<string, string>();

/** A test that a page cites: its file and its title. */
export type Citation = [file: string, title: string];

/** Returns the tests that a text cites, each once. */
export function citationsIn(text: string): Citation[] {
  const cited = [...text.matchAll(CITATION)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(TITLE)].map(([, title = '']) => [file, title]),
  );
  return [...new Set(cited.map((one) => JSON.stringify(one)))].map((one) => JSON.parse(one));
}

/** Returns whether the file contains the title as a whole string literal. Throws if there is no such file. */
export function stands([file, title]: Citation): boolean {
  const source = sources.get(file) ?? readFileSync(join(ROOT, file), 'utf8');
  sources.set(file, source);
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}

/** Returns the rows of a page's tables, without the rows whose first cell is `header`. */
export function rowsOf(page: string, header: string): string[] {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('| ') && !line.startsWith(`| ${header} |`));
}
