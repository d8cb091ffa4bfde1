import { describe, expect, test } from 'vitest';
import {
  isUncertain,
  type PushPlan,
  type PushState,
  planPush,
} from '../../../../apps/worker/src/push/plan-push.ts';

const AT = new Date('2026-01-02T03:04:05Z');
const BRANCH = 'baton/work';

const pushed: PushState = { branch: BRANCH, commit: 'one', parent: 'base', pushed_at: AT };
const pending: PushState = {
  branch: BRANCH,
  commit: 'two',
  parent: 'one',
  previous: 'one',
  committed_at: AT,
};
const first: PushState = { branch: BRANCH, commit: 'one', parent: 'base', committed_at: AT };

describe('the plan of a push', () => {
  test.each<[string, PushState | undefined, string | null, PushPlan]>([
    ['nothing', undefined, null, { parent: 'base', expected: null, isConfirmed: false }],
    ['a push', pushed, null, { parent: 'one', expected: 'one', isConfirmed: false }],
    [
      'a push to another branch',
      { ...pushed, branch: 'baton/other' },
      null,
      { parent: 'one', expected: null, isConfirmed: false },
    ],
    [
      'a first commit that the server does not have',
      first,
      null,
      { parent: 'base', expected: null, committedAt: AT, isConfirmed: false },
    ],
    [
      'a first commit that the server has',
      first,
      'one',
      { parent: 'one', expected: 'one', isConfirmed: true },
    ],
    [
      'a second commit that the server does not have',
      pending,
      'one',
      { parent: 'one', expected: 'one', committedAt: AT, isConfirmed: false },
    ],
    [
      'a second commit that the server has',
      pending,
      'two',
      { parent: 'two', expected: 'two', isConfirmed: true },
    ],
    [
      'a second commit, while the branch is elsewhere',
      pending,
      'foreign',
      { parent: 'one', expected: 'one', committedAt: AT, isConfirmed: false },
    ],
    [
      'a commit for another branch that was not confirmed',
      { ...pending, branch: 'baton/other' },
      null,
      { parent: 'one', expected: null, committedAt: AT, isConfirmed: false },
    ],
  ])('begins after %s', (_what, stored, remote, plan) => {
    expect(planPush(stored, { branch: BRANCH, base: 'base', remote })).toEqual(plan);
  });

  test('asks the server only if a commit for this branch was stored and not confirmed', () => {
    expect(isUncertain(undefined, BRANCH)).toBe(false);
    expect(isUncertain(pushed, BRANCH)).toBe(false);
    expect(isUncertain(pending, BRANCH)).toBe(true);
    expect(isUncertain(pending, 'baton/other')).toBe(false);
  });
});
