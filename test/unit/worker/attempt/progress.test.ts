import { NO_TOTALS, type Result } from '@baton/core/internal';
import { expect, test } from 'vitest';
import { createAttemptProgress } from '../../../../apps/worker/src/attempt/progress.ts';
import { makeSession } from '../../../support/factories.ts';

const RESULT: Result = { type: 'result', subtype: 'success', is_error: false };

function makeTrackers({ isInterim = false, result = null as Result | null } = {}) {
  return {
    claudeSession: { observe() {}, id: () => 'conversation-of-the-process' },
    meter: {
      observe() {},
      refine() {},
      settle() {},
      totals: () => ({ ...NO_TOTALS, cost_usd: 2, num_turns: 3 }),
      result: () => result,
    },
    work: {
      observe() {},
      sent() {},
      waiting: () => [],
      mayClose: () => !isInterim,
      hasOnlyTasks: () => false,
      tasks: () => 0,
      isIdle: () => true,
      isOver: () => !isInterim,
      isInterim: () => isInterim,
    },
  };
}

test('before a process starts, an attempt’s progress holds the totals of earlier attempts', () => {
  const session = makeSession({ totals: { ...NO_TOTALS, cost_usd: 1 } });
  const progress = createAttemptProgress(session);
  expect(progress.current()).toEqual({
    totals: session.totals,
    claude_session_id: session.root_session_id,
  });
});

test('an attempt’s progress adds the totals of the process to the totals of earlier attempts', () => {
  const progress = createAttemptProgress(
    makeSession({ totals: { ...NO_TOTALS, cost_usd: 1, num_turns: 1 } }),
  );
  progress.follow(makeTrackers());
  expect(progress.totals()).toEqual({ ...NO_TOTALS, cost_usd: 3, num_turns: 4 });
  expect(progress.current()).toEqual({
    totals: progress.totals(),
    claude_session_id: 'conversation-of-the-process',
  });
});

test('an attempt’s progress stores a final result, and a later interim result removes that result', () => {
  const progress = createAttemptProgress(makeSession());
  progress.follow(makeTrackers({ result: RESULT }));
  expect(progress.current().last_result).toEqual(RESULT);
  progress.follow(makeTrackers({ result: RESULT, isInterim: true }));
  expect(progress.current().last_result).toBeNull();
});
