// The prose of the project uses the field's words. tools/lint/old-names.grit checks the words in
// identifiers, and the glossary in docs/architecture.md defines Baton's own terms.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../support/markdown/pages.ts';

// Each phrase, as a regular expression that ignores case, and what to write instead. The list has only
// phrases that plain English never needs, so a match is never a false alarm.
const PHRASES = [
  ['by the letter', 'exactly'],
  ['chores?', 'a maintenance task'],
  ['for evermore|hitherto|thereof|herewith|whereof|for want of', 'an everyday word'],
  ['has it that|so that none|in the clothes of|hearsay', 'a plain statement'],
  ['it be that|such as it is', 'a plain statement'],
  ['keeps? (?:it )?to itself', 'by itself'],
  ['leaves? word', 'appends an outbox entry'],
  ['ledgers?', 'the attempt history'],
  ['lets? go of|letting go|lets go|let go on', 'releases, resumes'],
  ['passages?', 'an admission check'],
  ['ring(?:s|ing)? the bell|bells?', 'a wakeup'],
  ['takes? it for|takes? them for', 'treats it as'],
  ['for ever', 'without end, or the bound'],
  ['whom', 'the subject by its name'],
  ['in vain|in the very', 'a plain statement'],
  ['hurr(?:y|ies|ied)', 'promotes'],
  ['ought to|shall', 'must'],
  ['the like', 'the things by their names'],
  ['untold', 'pending, unreported'],
  ['that which|those which', 'the subject by its name'],
  ['at hand', 'available'],
  ['whoever', 'the subject by its name'],
  ['and says so', 'and reports it'],
  ['duty', 'the leader lease'],
  ['goes on', 'continues, resumes'],
  ['in its place|in the place of', 'instead'],
  ['is let|are let|was let', 'may'],
  ['is told|are told|was told|were told|be(?:en)? told', 'is notified, learns, gets'],
  ['tells? of|told of', 'reports, names'],
  ['what there is', 'the subject by its name'],
  ['(?<=[,.] )nor', 'a sentence of its own'],
];

const COMMENT = /(?:^|\s)(?:\/\/|\/?\*|#)(.*)$/;
const COMMENT_SIGN = /^(?:\/\/|\/?\*+|#|>)\s*/;
// A title is on its own line, or is the first cell of a row in a table of tests.
const TITLE = /\b(?:test|describe)(?:\.\w+)*\(.*['"`]|^\s*\[?['"`].* /;
// A page cites the titles of tests.
const CITATION = /`test\/[^`]+`(?:: "[^"]+"(?:, "[^"]+")*)?/g;

/** The prose of a file: one text for each of its lines, and all of them with line breaks between them. */
type Prose = { file: string; lines: readonly string[]; text: string };

const proses = prosesOf([
  '*.md',
  '{docs,examples}/**/*.{md,ts,sh,py}',
  'packages/*/README.md',
  '{apps,packages}/*/src/**/*.ts',
  '{bench,scripts,test,tools}/**/*.{ts,mjs,cjs,sh}',
  'Dockerfile',
  'docker-compose.yml',
  'biome.json',
  '.ci/run',
]);
describe('in the check of plain words,', () => {
  test.each(PHRASES)('no text contains "%s": write %s', (phrase = '') => {
    expect(linesWith(phrase, proses)).toEqual([]);
  });

  test('the search reads pages, sources, tests, scripts and the files for containers', () => {
    const files = proses.map(({ file }) => file);
    expect(files).toEqual(
      expect.arrayContaining([
        ...['README.md', 'docs/contract.md', 'packages/core/src/index.ts', 'examples/curl.sh'],
        ...['test/unit/docs/links.test.ts', 'scripts/start.ts', '.ci/run', 'Dockerfile'],
      ]),
    );
  });

  const found = (phrase: string, lines: string[], file = 'page.md') =>
    linesWith(phrase, [proseOf(file, lines)]);

  test('the search finds a phrase only as whole words, in any case', () => {
    const lines = ['Shallow', 'One shall not', 'Shall we', 'neither, nor this', 'neither nor'];
    expect(found('shall', lines)).toEqual(['page.md:2: One shall not', 'page.md:3: Shall we']);
    expect(found('(?<=[,.] )nor', lines)).toEqual(['page.md:4: neither, nor this']);
  });

  test('the search finds a phrase that a line break splits', () => {
    const lines = ['// The worker goes', '// on. It goes', '', 'on'];
    expect(found('goes on', lines, 'scripts/a.ts')).toEqual(['scripts/a.ts:1: The worker goes']);
  });

  test.each([
    ['a comment', '  run(); // shall'],
    ['a title', "  test.each(rows)('it shall run', run);"],
    ['a title on a line of its own', "  'it shall run',"],
    ['a title in a row', "  ['it shall run', 3],"],
  ])('the search finds a phrase in %s of a test', (_, line) => {
    expect(found('shall', [line], 'test/a.test.ts')).toHaveLength(1);
  });

  test('the search ignores the values in a test', () => {
    const lines = ["  run('shall');", "  'shall',", "  text: 'shall run',"];
    expect(found('shall', lines, 'test/a.test.ts')).toEqual([]);
  });
});

/** Returns the lines where a phrase begins, each with its file and number. */
function linesWith(phrase: string, all: readonly Prose[]): string[] {
  const pattern = new RegExp(`\\b(?:${phrase.replaceAll(' ', '(?: +|\\n)')})\\b`, 'gi');
  return all.flatMap(({ file, lines, text }) => {
    const numbers = [...text.matchAll(pattern)].map(
      ({ index }) => text.slice(0, index).split('\n').length,
    );
    return [...new Set(numbers)].map((number) => `${file}:${number}: ${lines[number - 1]}`);
  });
}

function prosesOf(patterns: readonly string[]): Prose[] {
  const exclude = ['**/node_modules/**', '**/dist/**', '**/plain-words.test.ts'];
  return globSync(patterns, { cwd: ROOT, exclude }).map((file) =>
    proseOf(file, readFileSync(join(ROOT, file), 'utf8').split('\n')),
  );
}

function proseOf(file: string, all: readonly string[]): Prose {
  const lines = all.map((line) => proseIn(file, line));
  return { file, lines, text: lines.join('\n') };
}

/**
 * Returns the prose in a line. In a test, the prose is the comment or the title. In a page, the
 * prose is the line without citations.
 */
function proseIn(file: string, line: string): string {
  if (file.endsWith('.md')) return line.replaceAll(CITATION, '').trim();
  const isProse = !file.startsWith('test/') || TITLE.test(line);
  return (isProse ? line : (COMMENT.exec(line)?.[1] ?? '')).trim().replace(COMMENT_SIGN, '');
}
