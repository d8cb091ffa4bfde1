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
  ['for the renewal of the lease where nothing waits', {}, 4_000],
  ['no longer once the lease must be renewed', { heartbeatBy: NOW - 1 }, 0],
  ['for an amendment that comes before the renewal', { amendBy: NOW + 260 }, 260],
  ['for the renewal that comes before an amendment', { amendBy: NOW + 5_000 }, 4_000],
  ['not for an amendment that is overdue', { amendBy: NOW - 10 }, 0],
  ['not where a heartbeat was requested', { isHeartbeatRequested: true }, 0],
  ['not where the session is to become running', { isRunningPending: true }, 0],
  ['not where the recorder finishes', { isFinishing: true }, 0],
  ['not where writing must stop', { mustStopWriting: true }, 0],
  ['for the rest of a batch', GATHERING, 50],
  ['not for a batch whose time has passed', { ...GATHERING, batchBy: NOW - 1 }, 0],
  ['not for a batch that is full', { ...GATHERING, isBatchFull: true }, 0],
  ['not for a batch where the recorder finishes', { ...GATHERING, isFinishing: true }, 0],
  ['for the batch that a heartbeat goes with', { ...GATHERING, isHeartbeatRequested: true }, 50],
  [
    'for the batch that the move to running goes with',
    { ...GATHERING, isRunningPending: true },
    50,
  ],
  ['for the batch that an amendment goes with', { ...GATHERING, amendBy: NOW }, 50],
];

describe('the next commit waits', () => {
  test.each(CASES)('%s', (_name, needs, ms) => {
    expect(msUntilCommit({ ...NOTHING, ...needs }, NOW)).toBe(ms);
  });
});
