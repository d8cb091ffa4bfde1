import type { Session } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { planClaim } from '../../../../../packages/core/src/model/session/claim-plan.ts';
import { makeSession } from '../../../../support/factories.ts';

const now = new Date('2026-01-01T00:00:00Z');
const later = new Date(now.getTime() + 1);

const attempt = { attempt: 1, fence: 1, worker_id: 'w', host: 'h', started_at: new Date(0) };
const held = { fence: 1, owner: 'w', expires_at: later };
const expired = { fence: 1, owner: 'w', expires_at: now };

function plan(fields: Partial<Session>) {
  return planClaim(makeSession({ attempts: [attempt], ...fields }), now);
}

const TAKE = { kind: 'take', crashed: false };
const CRASH = { kind: 'take', crashed: true };

const PLANS: [string, Partial<Session>, object][] = [
  ['a queued session is taken', { status: 'queued' }, TAKE],
  ['one whose time has come is taken', { status: 'queued', not_before: now }, TAKE],
  [
    'one whose time has not come waits',
    { status: 'queued', not_before: later },
    { kind: 'early', not_before: later },
  ],
  [
    'one that runs elsewhere is left alone',
    { status: 'running', lease: held },
    { kind: 'busy', owner: 'w', expires_at: later },
  ],
  [
    'one that begins elsewhere is left alone',
    { status: 'starting', lease: held },
    { kind: 'busy', owner: 'w', expires_at: later },
  ],
  ['one whose lease has expired is a crash', { status: 'running', lease: expired }, CRASH],
  ['so is one that never got to its first line', { status: 'starting', lease: expired }, CRASH],
  [
    'a time that is not come is no reason to leave a crashed one',
    { status: 'running', lease: expired, not_before: later },
    CRASH,
  ],
  [
    'one that waits for something else is not taken, whatever brought its job here',
    { status: 'queued', waiting_for: 'parent', not_before: later },
    { kind: 'waiting' },
  ],
  [
    'a cancel is carried out on one that waits',
    { status: 'queued', waiting_for: 'concurrency_key', cancel_requested_at: now },
    { kind: 'cancel' },
  ],
  [
    'a cancel is carried out on a queued session',
    { status: 'queued', cancel_requested_at: now, not_before: later },
    { kind: 'cancel' },
  ],
  [
    'and on one that lost its worker',
    { status: 'running', lease: expired, cancel_requested_at: now },
    { kind: 'cancel' },
  ],
  [
    'but by its owner where it has one',
    { status: 'running', lease: held, cancel_requested_at: now },
    { kind: 'busy', owner: 'w', expires_at: later },
  ],
  ['a completed session is left as it is', { status: 'completed' }, { kind: 'terminal' }],
  ['a failed session is left as it is', { status: 'failed' }, { kind: 'terminal' }],
  [
    'a cancelled session is left as it is',
    { status: 'cancelled', cancel_requested_at: now },
    { kind: 'terminal' },
  ],
];

describe('a worker that meets a job', () => {
  test.each(PLANS)('%s', (_, fields, expected) => {
    expect(plan(fields)).toEqual(expected);
  });

  test('fails a session whose policy allows no crash, and only after a crash', () => {
    const config = { query: 'hi', recovery: { on_crash: 'fail' as const } };
    expect(plan({ config, status: 'queued' })).toEqual(TAKE);
    expect(plan({ config, status: 'running', lease: expired })).toMatchObject({
      kind: 'fail',
      failure: { code: 'CRASHED', retryable: false },
    });
  });
});
