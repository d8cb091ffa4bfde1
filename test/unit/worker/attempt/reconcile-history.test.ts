import { expect, test } from 'vitest';
import { concludeUnstarted } from '../../../../apps/worker/src/attempt/reconcile-history.ts';

test.each([
  [{ kind: 'cancel' }, 'cancelled'],
  [{ kind: 'hand_back' }, 'handed_back'],
] as const)('an attempt that was ended by %j before it ran is %s', (reason, kind) => {
  expect(concludeUnstarted(reason).kind).toBe(kind);
});
