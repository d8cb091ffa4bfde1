import { planKeyedLaunch, standingOf } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { makeCompletedSession, makeSession } from '../../../../support/factories.ts';

describe('the plan of a launch with a conversation key', () => {
  test.for([
    ['absent', undefined, 'launch'],
    ['absent', 'reject', 'launch'],
    ['absent', 'message', 'launch'],
    ['lost', undefined, 'launch'],
    ['lost', 'interrupt', 'launch'],
    ['lost', 'message', 'launch'],
    ['resumable', undefined, 'continue'],
    ['resumable', 'reject', 'continue'],
    ['resumable', 'enqueue', 'continue'],
    ['resumable', 'interrupt', 'continue'],
    ['resumable', 'message', 'continue'],
    ['busy', undefined, 'enqueue'],
    ['busy', 'enqueue', 'enqueue'],
    ['busy', 'interrupt', 'interrupt'],
    ['busy', 'reject', 'reject'],
    ['busy', 'message', 'message'],
  ] as const)('with the newest session %s and on_busy %s is %s', ([newest, onBusy, plan]) => {
    expect(planKeyedLaunch(newest, onBusy)).toBe(plan);
  });
});

describe('the newest session of a conversation', () => {
  test('is busy until it has ended', () => {
    for (const status of ['queued', 'starting', 'running'] as const) {
      expect(standingOf(makeSession({ status }))).toBe('busy');
    }
  });

  test('is resumable if it ended with a transcript, and lost without one', () => {
    expect(standingOf(makeCompletedSession())).toBe('resumable');
    for (const status of ['completed', 'failed', 'cancelled'] as const) {
      expect(standingOf(makeSession({ status }))).toBe('lost');
    }
  });

  test('is absent if no session has the key', () => {
    expect(standingOf(null)).toBe('absent');
  });
});
