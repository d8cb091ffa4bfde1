import type { Result } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import type { AbortReason } from '../../../../apps/worker/src/claude/abort-reason.ts';
import { conclude, EXIT, FAILED, OK, short } from './concluding.ts';

describe('a process that Baton stopped', () => {
  const REASONS: Record<string, AbortReason> = {
    cancel: { kind: 'cancel' },
    interrupt: { kind: 'interrupt' },
    hand_back: { kind: 'hand_back' },
    startup: { kind: 'timed_out', deadline: 'startup' },
    idle: { kind: 'timed_out', deadline: 'idle' },
    wall_clock: { kind: 'timed_out', deadline: 'wall_clock' },
    exit: { kind: 'timed_out', deadline: 'exit' },
    lost: { kind: 'lost' },
    store_unavailable: { kind: 'store_unavailable' },
    turns_spent: { kind: 'turns_spent' },
  };

  // The columns after the reason: no result line, a good result before and after Baton's
  // signal, and a bad result before and after that signal.
  test.each([
    ['cancel', 'cancelled', 'completed', 'cancelled', 'cancelled', 'cancelled'],
    [
      'interrupt',
      'failed INTERRUPT_TIMEOUT',
      'completed',
      'completed interrupt',
      'failed EXECUTION_ERROR',
      'completed interrupt',
    ],
    ['hand_back', 'handed_back', 'completed', 'completed', 'failed EXECUTION_ERROR', 'handed_back'],
    [
      'startup',
      'failed STARTUP_TIMEOUT',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed STARTUP_TIMEOUT',
    ],
    [
      'idle',
      'failed IDLE_TIMEOUT',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed IDLE_TIMEOUT',
    ],
    [
      'wall_clock',
      'failed WALL_CLOCK_TIMEOUT',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed WALL_CLOCK_TIMEOUT',
    ],
    [
      'exit',
      'failed PROTOCOL',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed PROTOCOL',
    ],
    [
      'turns_spent',
      'failed MAX_TURNS',
      'completed',
      'failed MAX_TURNS',
      'failed EXECUTION_ERROR',
      'failed MAX_TURNS',
    ],
    ['lost', 'handed_back', 'handed_back', 'handed_back', 'handed_back', 'handed_back'],
    [
      'store_unavailable',
      'failed STORE_UNAVAILABLE',
      'completed',
      'completed',
      'failed EXECUTION_ERROR',
      'failed STORE_UNAVAILABLE',
    ],
  ])(
    'for %s gets its outcome from its result line and from the time of that line',
    (reason, none, goodBefore, goodAfter, badBefore, badAfter) => {
      const abort = REASONS[reason] ?? null;
      const end = (result: Result | null, resultBeforeAbort: boolean) =>
        short(conclude({ exit: EXIT.sigkill, abort, result, resultBeforeAbort }));
      expect([
        end(null, false),
        end(OK, true),
        end(OK, false),
        end(FAILED, true),
        end(FAILED, false),
      ]).toEqual([none, goodBefore, goodAfter, badBefore, badAfter]);
    },
  );

  test('while work was pending has no final answer, but keeps the interim result', () => {
    const ends = Object.entries(REASONS).map(([name, abort]) => {
      const outcome = conclude({ abort, result: OK, isInterim: true });
      const kept = 'result' in outcome && outcome.result === OK ? ', kept' : '';
      return [name, `${short(outcome)}${kept}`];
    });
    expect(Object.fromEntries(ends)).toEqual({
      cancel: 'cancelled, kept',
      interrupt: 'completed interrupt, kept',
      hand_back: 'handed_back',
      startup: 'failed STARTUP_TIMEOUT, kept',
      idle: 'failed IDLE_TIMEOUT, kept',
      wall_clock: 'failed WALL_CLOCK_TIMEOUT, kept',
      exit: 'failed PROTOCOL, kept',
      lost: 'handed_back',
      store_unavailable: 'failed STORE_UNAVAILABLE, kept',
      turns_spent: 'failed MAX_TURNS, kept',
    });
  });

  test('keeps the result of a cancelled or interrupted turn', () => {
    for (const kind of ['cancel', 'interrupt'] as const) {
      expect(conclude({ abort: { kind }, result: FAILED })).toMatchObject({ result: FAILED });
    }
  });

  test('by an interrupt fails if the API refused its call with an error that no retry can solve', () => {
    const refusedWith = (api_error_status: number) => {
      const result: Result = { ...FAILED, terminal_reason: 'api_error', api_error_status };
      return short(conclude({ abort: { kind: 'interrupt' }, result }));
    };
    expect(refusedWith(401)).toBe('failed AUTHENTICATION');
    expect(refusedWith(529)).toBe('completed interrupt');
  });

  test('by an interrupt before its first turn fails with PROTOCOL and not with INTERRUPT_TIMEOUT', () => {
    const outcome = conclude({ abort: { kind: 'interrupt' }, exit: EXIT.sigint, sawInit: false });
    expect(short(outcome)).toBe('failed PROTOCOL');
  });

  test('after an empty success fails with NO_ANSWER', () => {
    const result = { ...OK, num_turns: 0, result: '' };
    const facts = { abort: { kind: 'hand_back' as const }, result };
    expect(short(conclude({ ...facts, resultBeforeAbort: true }))).toBe('failed NO_ANSWER');
    expect(short(conclude({ ...facts, resultBeforeAbort: false }))).toBe('failed NO_ANSWER');
  });
});
