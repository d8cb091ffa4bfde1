import type { Result } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { createLimitAnswer } from '../../../../apps/worker/src/attempt/limit-answer.ts';

const GOOD: Result = { type: 'result', subtype: 'success', is_error: false };
const BAD: Result = { ...GOOD, is_error: true };

function answerAfter(result: Result | null, isUsedUp: boolean, isExceeded = false) {
  const turns = { isUsedUp: () => isUsedUp, isExceeded: () => isExceeded };
  const answer = createLimitAnswer({ result: () => result }, turns);
  answer.turnEnded();
  return answer;
}

describe('the answer of a session that used up its turns', () => {
  test('stands if Baton stops the turn of a later message', () => {
    expect(answerAfter(GOOD, true).facts({ kind: 'turns_spent' })).toEqual({
      result: GOOD,
      resultBeforeAbort: true,
      isInterim: false,
    });
  });

  test.for<[string, Result | null, boolean, boolean]>([
    ['an error', BAD, true, false],
    ['no result', null, true, false],
    ['an answer before the limit', GOOD, false, false],
    ['an answer beyond the limit', GOOD, true, true],
  ])('is not %s', ([, result, isUsedUp, isExceeded]) => {
    expect(answerAfter(result, isUsedUp, isExceeded).facts({ kind: 'turns_spent' })).toEqual({});
  });

  test('changes nothing if Baton stops the run for another reason', () => {
    expect(answerAfter(GOOD, true).facts({ kind: 'cancel' })).toEqual({});
    expect(answerAfter(GOOD, true).facts(null)).toEqual({});
  });
});
