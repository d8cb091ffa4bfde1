import { describe, expect, test } from 'vitest';
import { type CommitNeeds, msUntilCommit } from '../../../../apps/worker/src/attempt/commit-due.ts';

const NOW = 1_000;
const NOTHING: CommitNeeds = {
  events: 0,
  isBatchFull: false,
  batchBy: NOW,
  isHeartbeatRequested: false,
  heartbeatBy: NOW + 4_000,
  isRunningPending: false,
  isFinishing: false,
  mustStopWriting: false,
};
const GATHERING: Partial<CommitNeeds> = { events: 1, batchBy: NOW + 50 };

const CASES: [string, Partial<CommitNeeds>, number][] = [
  ['waits until the lease must be renewed if nothing is pending', {}, 4_000],
  ['does not wait once the lease must be renewed', { heartbeatBy: NOW - 1 }, 0],
  ['waits until an amendment that is due before the renewal', { amendBy: NOW + 260 }, 260],
  ['waits until the renewal if it is due before an amendment', { amendBy: NOW + 5_000 }, 4_000],
  ['does not wait for an overdue amendment', { amendBy: NOW - 10 }, 0],
  ['does not wait if a heartbeat was requested', { isHeartbeatRequested: true }, 0],
  ['does not wait if the session must become running', { isRunningPending: true }, 0],
  ['does not wait if the recorder finishes', { isFinishing: true }, 0],
  ['does not wait if writing must stop', { mustStopWriting: true }, 0],
  ['waits until a batch has had time to fill', GATHERING, 50],
  ['does not wait for a batch whose time has passed', { ...GATHERING, batchBy: NOW - 1 }, 0],
  ['does not wait for a full batch', { ...GATHERING, isBatchFull: true }, 0],
  ['does not wait for a batch if the recorder finishes', { ...GATHERING, isFinishing: true }, 0],
  [
    'waits for a batch that a requested heartbeat joins',
    { ...GATHERING, isHeartbeatRequested: true },
    50,
  ],
  [
    'waits for a batch that the change to running joins',
    { ...GATHERING, isRunningPending: true },
    50,
  ],
  ['waits for a batch that an amendment joins', { ...GATHERING, amendBy: NOW }, 50],
];

describe('the next commit', () => {
  test.each(CASES)('%s', (_name, needs, ms) => {
    expect(msUntilCommit({ ...NOTHING, ...needs }, NOW)).toBe(ms);
  });
});
