import { defined } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  COMMITTER,
  commitMessage,
  formatCommit,
  parsePerson,
} from '../../../../apps/worker/src/push/commit-message.ts';

const ID = '0197f0a0-7777-7000-8000-000000000001';

describe('the message of a commit', () => {
  test.each([
    [
      'the message of the config',
      'Fix it\n\nIt was broken.\n',
      'A title',
      'Fix it\n\nIt was broken.\n\n',
    ],
    ['the title as one line', undefined, 'A\ntitle', 'A title\n\n'],
    ['a line with the id', undefined, undefined, `Work of session ${ID}\n\n`],
    ['a line with the id in place of white space', ' \n', undefined, `Work of session ${ID}\n\n`],
    ['trailers with one more', 'Fix\n\nFixes: #1', undefined, 'Fix\n\nFixes: #1\n'],
    ['a subject that looks like a trailer', 'fix: it', undefined, 'fix: it\n\n'],
  ])('is %s, and the id as a trailer', (_what, message, title, text) => {
    const session = { id: ID, ...defined({ title }) };
    expect(commitMessage(session, message)).toBe(`${text}Baton-Session: ${ID}\n`);
  });
});

test('an author is a name and an address, or Baton if the text is neither', () => {
  expect(parsePerson('Ann B. <ann@example.com>')).toEqual({
    name: 'Ann B.',
    email: 'ann@example.com',
  });
  expect(parsePerson('ann@example.com')).toEqual(COMMITTER);
});

test('a commit names its tree, parent, author, committer and message', () => {
  const author = { name: 'A\n<nn>', email: 'ann@example.com' };
  const date = new Date(1_700_000_000_999);
  expect(formatCommit({ tree: 't', parent: 'p', author, date, message: 'Text\n' })).toBe(
    'tree t\nparent p\nauthor Ann <ann@example.com> 1700000000 +0000\ncommitter Baton <baton@localhost> 1700000000 +0000\n\nText\n',
  );
});
