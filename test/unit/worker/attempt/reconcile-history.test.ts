import { expect, test } from 'vitest';
import { concludeUnstarted } from '../../../../apps/worker/src/attempt/reconcile-history.ts';

test.each([
  [{ kind: 'cancel' }, 'cancelled'],
  [{ kind: 'hand_back' }, 'handed_back'],
] as const)('an attempt that ended by %j before its process started is %s', (reason, kind) => {
  expect(concludeUnstarted(reason).kind).toBe(kind);
});
