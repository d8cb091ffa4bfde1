import { describe, expect, test } from 'vitest';
import { cutCallsOf } from '../../../../apps/worker/src/attempt/plan-workspace.ts';
import type { Workspace } from '../../../../packages/core/src/internal.ts';

function workspaceWith(cut_calls: string[]): Workspace {
  return { type: 'managed', path: '/srv/baton/a', fence: 1, portable: true, cut_calls };
}

describe('the calls that were cut', () => {
  test('are those of this attempt, and those that an earlier attempt could not name to the model', () => {
    const workspace = workspaceWith(['Bash: make', 'Edit: /a']);
    expect(cutCallsOf({ workspace }, { cutCalls: ['Edit: /a', 'Write: /b'] })).toEqual([
      'Bash: make',
      'Edit: /a',
      'Write: /b',
    ]);
  });

  test('are none if nothing was cut', () => {
    expect(cutCallsOf({}, { cutCalls: [] })).toEqual([]);
  });

  test('are at most twenty, the newest ones', () => {
    const calls = Array.from({ length: 15 }, (_, index) => `Bash: ${index}`);
    const workspace = workspaceWith(calls.map((call) => `${call} before`));
    const cut = cutCallsOf({ workspace }, { cutCalls: calls });
    expect(cut).toHaveLength(20);
    expect(cut.slice(-15)).toEqual(calls);
  });
});
