import { isAppError, newId } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  expandPosition,
  formatPosition,
  getBranches,
  parsePosition,
} from '../../../../packages/core/src/tail/follow-position.ts';

const [root, left, right, below] = [newId(), newId(), newId(), newId()];
const TREE = [
  { id: root },
  { id: left, parent_session_id: root },
  { id: right, parent_session_id: root },
  { id: below, parent_session_id: left },
];

describe('a position in a conversation', () => {
  test.each([
    ['only the root', root, { [root]: 3 }, `${root}:3`],
    [
      'only the continue, because its parents are implied',
      left,
      { [root]: 3, [left]: 1 },
      `${left}:1`,
    ],
    [
      'each branch, and the branch of the stream’s session first',
      right,
      { [root]: 3, [left]: 4, [right]: 1, [below]: 2 },
      `${right}:1,${below}:2`,
    ],
  ])('names %s', (_what, own, received, id) => {
    expect(formatPosition(own, new Map(Object.entries(received)), TREE)).toBe(id);
    const again = expandPosition(parsePosition(id), TREE);
    expect(new Set(again.keys())).toEqual(new Set(Object.keys(received)));
    for (const branch of getBranches(again, TREE)) expect(again.get(branch)).toBe(received[branch]);
    for (const [session, seq] of again) {
      expect(seq === received[session] || seq === Number.POSITIVE_INFINITY, session).toBe(true);
    }
  });

  test('can be expanded if the documents form a cycle', () => {
    const cycle = [
      { id: left, parent_session_id: right },
      { id: right, parent_session_id: left },
    ];
    expect(expandPosition(parsePosition(`${left}:1`), cycle).size).toBe(2);
  });

  test.each([
    '',
    'x',
    '7',
    `${root}`,
    `${root}:`,
    `${root}:-1`,
    `${root}:1,`,
    `${root}:12345678901`,
  ])('cannot be %j', (text) => {
    expect(refusal(() => parsePosition(text))).toBe('INVALID_REQUEST');
  });

  test('is refused if it names another conversation or too many branches', () => {
    expect(refusal(() => expandPosition(parsePosition(`${newId()}:1`), TREE))).toBe(
      'INVALID_REQUEST',
    );
    const many = Array.from({ length: 101 }, () => `${newId()}:1`).join(',');
    expect(refusal(() => parsePosition(many))).toBe('INVALID_REQUEST');
  });
});

function refusal(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}
