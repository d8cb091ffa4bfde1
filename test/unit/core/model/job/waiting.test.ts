import type { Session } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { queuedSession } from '../../../../../packages/core/src/model/job/new-session.ts';
import {
  mayWait,
  nextWait,
  planParentWait,
} from '../../../../../packages/core/src/model/job/waiting.ts';
import { planKeyRelease } from '../../../../../packages/core/src/model/limits/key-release-plan.ts';
import {
  makeCompletedSession,
  makeContinueJob,
  makeLaunchJob,
  makeSession,
} from '../../../../support/factories.ts';

const accepted = { run_id: 'r', created_at: '2026-01-01T00:00:00.000Z' };
const busy = makeSession({ status: 'running' });
const over = makeCompletedSession();
const key = { concurrency_key: 'k' };
const limited = { limits: ['tag:t'] };

describe('a new session waits for', () => {
  test.each([
    ['nothing if it has no key, no limit and no parent', makeLaunchJob(), undefined, undefined],
    ['its concurrency key', makeLaunchJob(key), undefined, 'concurrency_key'],
    [
      'nothing if its parent has ended',
      makeContinueJob(over.id, { on_busy: 'enqueue' }),
      over,
      undefined,
    ],
    ['its start time before its key', makeLaunchJob({ ...key, delay_ms: 5 }), undefined, undefined],
    ['a busy parent', makeContinueJob(busy.id, { on_busy: 'enqueue' }), busy, 'parent'],
    [
      'a parent that it asks to interrupt',
      makeContinueJob(busy.id, { on_busy: 'interrupt' }),
      busy,
      'parent',
    ],
    [
      'nothing if on_busy is unset, because the worker refuses the session',
      makeContinueJob(busy.id),
      busy,
      undefined,
    ],
    [
      'nothing if on_busy is reject, because the worker refuses the session',
      makeContinueJob(busy.id, { on_busy: 'reject' }),
      busy,
      undefined,
    ],
    [
      'its parent before its key',
      makeContinueJob(busy.id, { on_busy: 'enqueue', ...key }),
      busy,
      'parent',
    ],
    [
      'its parent before its budgets',
      makeContinueJob(busy.id, { on_busy: 'enqueue', ...limited, ...key }),
      busy,
      'parent',
    ],
    [
      'its budgets before its key if its parent has ended',
      makeContinueJob(over.id, { on_busy: 'enqueue', ...limited, ...key }),
      over,
      'budget',
    ],
    ['its budgets before its key', makeLaunchJob({ ...limited, ...key }), undefined, 'budget'],
    [
      'its key if its parent has ended',
      makeContinueJob(over.id, { on_busy: 'enqueue', ...key }),
      over,
      'concurrency_key',
    ],
  ])('%s', (_what, job, parent, expected) => {
    expect(queuedSession({ ...job, ...accepted }, { query: 'q' }, parent).waiting_for).toBe(
      expected,
    );
    if (expected) expect(mayWait(job)).toBe(true);
  });

  test('nothing if it is a plain launch or continue', () => {
    expect([makeLaunchJob(), makeContinueJob(over.id)].map(mayWait)).toEqual([false, false]);
  });
});

describe('the next wait of a session', () => {
  const isDelayed = true;
  test.each<
    [string, 'parent' | 'budget', Parameters<typeof nextWait>[1], boolean, string | undefined]
  >([
    ['is none once its parent has ended', 'parent', {}, false, undefined],
    [
      'is for its limits once its parent has ended',
      'parent',
      { ...limited, ...key },
      false,
      'budget',
    ],
    [
      'is for its limits once its parent has ended, even before its start time',
      'parent',
      { ...limited, ...key },
      isDelayed,
      'budget',
    ],
    ['is for its key once its parent has ended', 'parent', key, false, 'concurrency_key'],
    [
      'is for its key after its limits have room',
      'budget',
      { ...limited, ...key },
      false,
      'concurrency_key',
    ],
    ['is none after its limits have room', 'budget', limited, false, undefined],
    [
      'is none after its limits have room while its start time is in the future',
      'budget',
      { ...limited, ...key },
      isDelayed,
      undefined,
    ],
  ])('%s', (_title, passed, session, delayed, expected) => {
    expect(nextWait(passed, session, delayed)).toBe(expected);
  });
});

describe('a session that waits for its parent', () => {
  const begun = { fence: 1, owner: 'w', expires_at: new Date() };
  test.each<[string, Session['on_busy'], Partial<Session> | null, string]>([
    ['is released if the parent was deleted', 'enqueue', null, 'go'],
    ['is released if the parent completed', 'enqueue', { status: 'completed' }, 'go'],
    ['is released if the parent failed', 'interrupt', { status: 'failed' }, 'go'],
    ['is released if the parent was cancelled', 'enqueue', { status: 'cancelled' }, 'go'],
    [
      'keeps waiting if the parent is running',
      'enqueue',
      { status: 'running', lease: begun },
      'stay',
    ],
    ['keeps waiting if the parent is queued', 'enqueue', { status: 'queued' }, 'stay'],
    ['interrupts a running parent', 'interrupt', { status: 'running', lease: begun }, 'interrupt'],
    [
      'interrupts a parent that waits for a retry',
      'interrupt',
      { status: 'queued', lease: { fence: 1 } },
      'interrupt',
    ],
    ['does not interrupt a parent that never started', 'interrupt', { status: 'queued' }, 'stay'],
    [
      'does not interrupt a parent twice',
      'interrupt',
      { status: 'running', lease: begun, interrupt_requested_at: new Date() },
      'stay',
    ],
    [
      'does not interrupt a parent that is being cancelled',
      'interrupt',
      { status: 'running', lease: begun, cancel_requested_at: new Date() },
      'stay',
    ],
  ])('%s', (_what, on_busy, parent, expected) => {
    const session = on_busy === undefined ? {} : { on_busy };
    expect(planParentWait(session, parent && makeSession(parent))).toBe(expected);
  });
});

describe('releasing the free slots of a concurrency key', () => {
  const wait = (...ids: string[]) => ids.map((id) => ({ id }));
  test.each([
    ['grants nothing if no session waits', ['a'], [], [], []],
    ['grants one free slot to the first session', [], wait('a', 'b'), [], ['a']],
    ['grants nothing if no slot is free', ['x'], wait('a', 'b'), [], []],
    [
      'grants three free slots to the first three sessions',
      ['x'],
      [4, 4, 4, 4].map((n, i) => ({ id: `${i}`, concurrency_limit: n })),
      [],
      ['0', '1', '2'],
    ],
    ['keeps the slot of a holder that still waits', ['a'], wait('a', 'b'), ['a'], []],
    ['releases a holder that is not first in the list', ['b'], wait('a', 'b'), ['b'], []],
    [
      'does not let a later session with a higher limit overtake the first',
      ['x'],
      [
        { id: 'a', concurrency_limit: 1 },
        { id: 'b', concurrency_limit: 9 },
      ],
      [],
      [],
    ],
    [
      'checks each session in order against its own limit',
      ['x'],
      [{ id: 'a', concurrency_limit: 2 }, { id: 'b', concurrency_limit: 3 }, { id: 'c' }],
      [],
      ['a', 'b'],
    ],
  ])('%s', (_what, holders, waiters, holding, granted) => {
    expect(planKeyRelease(holders, waiters)).toEqual({ holding, granted });
  });
});
