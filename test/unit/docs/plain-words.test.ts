// The prose of the project uses the field's words. tools/lint/old-names.grit holds identifiers to the same words, and the
// glossary in docs/architecture.md says what Baton's own terms mean.
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

const COMMENT = /(?:^|\s)(?:\/\/|\/?\*)(.*)$/;
const TITLE = /\b(?:test|describe)(?:\.\w+)*\(.*['"`]/;
// A page cites the titles of tests.
const CITATION = /`test\/[^`]+`(?:: "[^"]+"(?:, "[^"]+")*)?/g;

type Line = { at: string; text: string };

const texts = linesOf([
  '*.md',
  '{docs,examples}/**/*.{md,ts}',
  'packages/*/README.md',
  '{apps,packages}/*/src/**/*.ts',
  '{bench,scripts,test,tools}/**/*.{ts,mjs}',
]);
describe('plain words', () => {
  test.each(PHRASES)('no text contains "%s": write %s', (phrase = '') => {
    expect(linesWith(phrase, texts)).toEqual([]);
  });

  test('the search finds a phrase only as whole words, in any case', () => {
    const lines = ['Shallow', 'One shall not', 'Shall we', 'neither, nor this', 'neither nor'];
    const found = (phrase: string) =>
      linesWith(
        phrase,
        lines.map((text) => ({ at: 'page.md:1', text })),
      );
    expect(found('shall')).toEqual(['page.md:1: One shall not', 'page.md:1: Shall we']);
    expect(found('(?<=[,.] )nor')).toEqual(['page.md:1: neither, nor this']);
  });
});

function linesWith(phrase: string, lines: readonly Line[]): string[] {
  const pattern = new RegExp(`\\b(?:${phrase})\\b`, 'i');
  return lines.filter(({ text }) => pattern.test(text)).map(({ at, text }) => `${at}: ${text}`);
}

/** Returns the prose in files, each line with its file and number. */
function linesOf(patterns: readonly string[]): Line[] {
  const exclude = ['**/node_modules/**', '**/dist/**', '**/plain-words.test.ts'];
  return globSync(patterns, { cwd: ROOT, exclude }).flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .map((line, index) => ({ at: `${file}:${index + 1}`, text: proseIn(file, line).trim() })),
  );
}

/** Returns the prose in a line. In a test it is the comment or the title; in a page, the line without citations. */
function proseIn(file: string, line: string): string {
  if (file.endsWith('.md')) return line.replaceAll(CITATION, '');
  if (!file.startsWith('test/') || TITLE.test(line)) return line;
  return COMMENT.exec(line)?.[1] ?? '';
}
