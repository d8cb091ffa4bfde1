import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const CITATION = /`(test\/[\w/-]+\.test\.ts)`: "([^"]+)"/g;

/** A test that a page cites: its file and its title. */
export type Citation = [file: string, title: string];

/** The tests that a text cites, each once. */
export function citationsIn(text: string): Citation[] {
  const cited = [...text.matchAll(CITATION)].map(([, file = '', title = '']) => [file, title]);
  return [...new Set(cited.map((one) => JSON.stringify(one)))].map((one) => JSON.parse(one));
}

/** Whether the file is there and has the title, or a row of a table, as a whole string. */
export function stands([file, title]: Citation): boolean {
  const source = readFileSync(join(ROOT, file), 'utf8');
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}

/** The rows of a page's tables whose first cell is not that of a header. */
export function rowsOf(page: string, header: string): string[] {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('| ') && !line.startsWith(`| ${header} |`));
}
