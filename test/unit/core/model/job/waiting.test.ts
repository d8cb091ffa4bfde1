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
    ['nothing', makeLaunchJob(), undefined, undefined],
    ['its key', makeLaunchJob(key), undefined, 'concurrency_key'],
    [
      'nothing, its parent having ended',
      makeContinueJob(over.id, { on_busy: 'enqueue' }),
      over,
      undefined,
    ],
    ['its time before its key', makeLaunchJob({ ...key, delay_ms: 5 }), undefined, undefined],
    ['a busy parent', makeContinueJob(busy.id, { on_busy: 'enqueue' }), busy, 'parent'],
    [
      'a parent that is to be interrupted',
      makeContinueJob(busy.id, { on_busy: 'interrupt' }),
      busy,
      'parent',
    ],
    ['nothing, to be refused by the worker', makeContinueJob(busy.id), busy, undefined],
    [
      'nothing, to be refused as asked',
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
      'its budgets before its key, its parent having ended',
      makeContinueJob(over.id, { on_busy: 'enqueue', ...limited, ...key }),
      over,
      'budget',
    ],
    ['its budgets before its key', makeLaunchJob({ ...limited, ...key }), undefined, 'budget'],
    [
      'its key, its parent having ended',
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

  test('nothing that a plain launch or continue could wait for', () => {
    expect([makeLaunchJob(), makeContinueJob(over.id)].map(mayWait)).toEqual([false, false]);
  });
});

describe('a session waits next for', () => {
  const isDelayed = true;
  test.each<
    [string, 'parent' | 'budget', Parameters<typeof nextWait>[1], boolean, string | undefined]
  >([
    ['nothing after its parent', 'parent', {}, false, undefined],
    ['its limits after its parent', 'parent', { ...limited, ...key }, false, 'budget'],
    [
      'its limits, even before its start time',
      'parent',
      { ...limited, ...key },
      isDelayed,
      'budget',
    ],
    ['its key after its parent', 'parent', key, false, 'concurrency_key'],
    ['its key after its limits', 'budget', { ...limited, ...key }, false, 'concurrency_key'],
    ['nothing after its limits', 'budget', limited, false, undefined],
    ['nothing before its start time', 'budget', { ...limited, ...key }, isDelayed, undefined],
  ])('%s', (_title, passed, session, delayed, expected) => {
    expect(nextWait(passed, session, delayed)).toBe(expected);
  });
});

describe('a session behind a parent', () => {
  const begun = { fence: 1, owner: 'w', expires_at: new Date() };
  test.each<[string, Session['on_busy'], Partial<Session> | null, string]>([
    ['goes on behind one that is gone', 'enqueue', null, 'go'],
    ['goes on behind one that completed', 'enqueue', { status: 'completed' }, 'go'],
    ['goes on behind one that failed', 'interrupt', { status: 'failed' }, 'go'],
    ['goes on behind one that was cancelled', 'enqueue', { status: 'cancelled' }, 'go'],
    ['waits for one that runs', 'enqueue', { status: 'running', lease: begun }, 'stay'],
    ['waits for one that is queued', 'enqueue', { status: 'queued' }, 'stay'],
    ['interrupts one that runs', 'interrupt', { status: 'running', lease: begun }, 'interrupt'],
    [
      'interrupts one that waits for a retry',
      'interrupt',
      { status: 'queued', lease: { fence: 1 } },
      'interrupt',
    ],
    ['does not interrupt one that never began', 'interrupt', { status: 'queued' }, 'stay'],
    [
      'interrupts nobody twice',
      'interrupt',
      { status: 'running', lease: begun, interrupt_requested_at: new Date() },
      'stay',
    ],
    [
      'interrupts nobody who is being cancelled',
      'interrupt',
      { status: 'running', lease: begun, cancel_requested_at: new Date() },
      'stay',
    ],
  ])('%s', (_what, on_busy, parent, expected) => {
    const session = on_busy === undefined ? {} : { on_busy };
    expect(planParentWait(session, parent && makeSession(parent))).toBe(expected);
  });
});

describe('the free slots of a key', () => {
  const wait = (...ids: string[]) => ids.map((id) => ({ id }));
  test.each([
    ['nobody waits', ['a'], [], [], []],
    ['one is free: the first has it', [], wait('a', 'b'), [], ['a']],
    ['none is free', ['x'], wait('a', 'b'), [], []],
    [
      'three are free',
      ['x'],
      [4, 4, 4, 4].map((n, i) => ({ id: `${i}`, concurrency_limit: n })),
      [],
      ['0', '1', '2'],
    ],
    ['a holder that still waits keeps its slot', ['a'], wait('a', 'b'), ['a'], []],
    ['a holder further down goes on too', ['b'], wait('a', 'b'), ['b'], []],
    [
      'the first that must wait makes a later one wait that asks for more room',
      ['x'],
      [
        { id: 'a', concurrency_limit: 1 },
        { id: 'b', concurrency_limit: 9 },
      ],
      [],
      [],
    ],
    [
      'each by its own limit, in turn',
      ['x'],
      [{ id: 'a', concurrency_limit: 2 }, { id: 'b', concurrency_limit: 3 }, { id: 'c' }],
      [],
      ['a', 'b'],
    ],
  ])('%s', (_what, holders, waiters, holding, granted) => {
    expect(planKeyRelease(holders, waiters)).toEqual({ holding, granted });
  });
});
