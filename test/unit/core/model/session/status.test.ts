import {
  canTransition,
  isTerminal,
  SESSION_STATUSES,
  type SessionStatus,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { statusesBefore } from '../../../../../packages/core/src/model/session/status.ts';

// Every allowed status change.
const ALLOWED: Record<SessionStatus, readonly SessionStatus[]> = {
  queued: ['starting', 'failed', 'cancelled'],
  starting: ['running', 'completed', 'failed', 'cancelled', 'queued', 'starting'],
  running: ['completed', 'failed', 'cancelled', 'queued', 'starting'],
  completed: [],
  failed: [],
  cancelled: [],
};

const pairs = SESSION_STATUSES.flatMap((from) =>
  SESSION_STATUSES.map((to) => ({ from, to, allowed: ALLOWED[from].includes(to) })),
);

describe('a session status', () => {
  test.each(pairs)('may change from $from to $to: $allowed', ({ from, to, allowed }) => {
    expect(canTransition(from, to)).toBe(allowed);
    expect(statusesBefore(to).includes(from)).toBe(allowed);
  });

  test.each([
    ['queued', false],
    ['starting', false],
    ['running', false],
    ['completed', true],
    ['failed', true],
    ['cancelled', true],
  ] as const)('of %s is terminal: %s', (status, terminal) => {
    expect(isTerminal(status)).toBe(terminal);
  });
});
