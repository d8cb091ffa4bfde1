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
  ['claims a queued session', { status: 'queued' }, TAKE],
  [
    'claims a queued session whose start time has come',
    { status: 'queued', not_before: now },
    TAKE,
  ],
  [
    'leaves a queued session whose start time is in the future',
    { status: 'queued', not_before: later },
    { kind: 'early', not_before: later },
  ],
  [
    'leaves a session that runs on another worker',
    { status: 'running', lease: held },
    { kind: 'busy', owner: 'w', expires_at: later },
  ],
  [
    'leaves a session that starts on another worker',
    { status: 'starting', lease: held },
    { kind: 'busy', owner: 'w', expires_at: later },
  ],
  [
    'claims a running session with an expired lease as a crash',
    { status: 'running', lease: expired },
    CRASH,
  ],
  [
    'claims a starting session with an expired lease as a crash',
    { status: 'starting', lease: expired },
    CRASH,
  ],
  [
    'claims a crashed session even if its start time is in the future',
    { status: 'running', lease: expired, not_before: later },
    CRASH,
  ],
  [
    'leaves a session that waits for its parent, key or budget',
    { status: 'queued', waiting_for: 'parent', not_before: later },
    { kind: 'waiting' },
  ],
  [
    'cancels a waiting session on request',
    { status: 'queued', waiting_for: 'concurrency_key', cancel_requested_at: now },
    { kind: 'cancel' },
  ],
  [
    'cancels a queued session on request',
    { status: 'queued', cancel_requested_at: now, not_before: later },
    { kind: 'cancel' },
  ],
  [
    'on request, cancels a session that lost its worker',
    { status: 'running', lease: expired, cancel_requested_at: now },
    { kind: 'cancel' },
  ],
  [
    'leaves the cancel to the owner if the lease is valid',
    { status: 'running', lease: held, cancel_requested_at: now },
    { kind: 'busy', owner: 'w', expires_at: later },
  ],
  ['leaves a completed session unchanged', { status: 'completed' }, { kind: 'terminal' }],
  ['leaves a failed session unchanged', { status: 'failed' }, { kind: 'terminal' }],
  [
    'leaves a cancelled session unchanged',
    { status: 'cancelled', cancel_requested_at: now },
    { kind: 'terminal' },
  ],
];

describe('a worker that takes a job from the queue', () => {
  test.each(PLANS)('%s', (_, fields, expected) => {
    expect(plan(fields)).toEqual(expected);
  });

  test('fails a session whose recovery policy is fail, but only after a crash', () => {
    const config = { query: 'hi', recovery: { on_crash: 'fail' as const } };
    expect(plan({ config, status: 'queued' })).toEqual(TAKE);
    expect(plan({ config, status: 'running', lease: expired })).toMatchObject({
      kind: 'fail',
      failure: { code: 'CRASHED', retryable: false },
    });
  });
});
