import type { ErrorCode } from '@baton/core/internal';
import type { Check } from './evidence.ts';
import { committed } from './evidence.ts';

/** How far the clocks of a worker and of MongoDB may be apart on one host, in milliseconds. */
const CLOCKS_MS = 1_000;

/**
 * Attempts are numbered from 1, each has a higher fence than the attempt before, and each has
 * ended.
 */
export const numbering: Check = function* ({ sessions }) {
  for (const { id, attempts } of sessions.values()) {
    for (const [index, { attempt, fence, ended_at }] of attempts.entries()) {
      if (attempt !== index + 1)
        yield { session: id, problem: `attempt ${attempt} is at position ${index + 1}` };
      if (fence <= (attempts[index - 1]?.fence ?? 0)) {
        yield {
          session: id,
          problem: `attempt ${attempt} has the fence ${fence}, which is not higher than the one before`,
        };
      }
      if (!ended_at) yield { session: id, problem: `attempt ${attempt} has no end` };
    }
  }
};

// The failures that the faults cause: the worker died, the worker or both stores were unavailable
// for longer than a lease, or the host was sick.
const BY_FAULTS: readonly ErrorCode[] = [
  'CRASHED',
  'STORE_UNAVAILABLE',
  'CLAUDE_NOT_FOUND',
  'HOST_ERROR',
  'CONVERSATION_NOT_FOUND', // the folder of the transcript was missing
];

/** Only faults make an attempt fail, because the fake CLI of a run never fails by itself. */
export const onlyByFaults: Check = function* ({ sessions }) {
  for (const { id, attempts } of sessions.values()) {
    for (const { attempt, failure } of attempts) {
      if (failure && !BY_FAULTS.includes(failure.code)) {
        const { code, message } = failure;
        yield { session: id, problem: `attempt ${attempt} failed: ${code}: ${message}` };
      }
    }
  }
};

/**
 * No two attempts wrote at the same time: the events of an attempt come before the claim of the
 * next attempt.
 */
export const noOverlap: Check = function* (evidence) {
  for (const { id, attempts } of evidence.sessions.values()) {
    let current = 0;
    for (const event of committed(evidence, id)) {
      const { seq, attempt, fence, created_at } = event;
      if (attempt < current) {
        yield {
          session: id,
          problem: `seq ${seq} is of attempt ${attempt}, but an event before it is of attempt ${current}`,
        };
      }
      current = attempt;
      if (attempts[attempt - 1]?.fence !== fence) {
        yield { session: id, problem: `seq ${seq} of attempt ${attempt} has the fence ${fence}` };
      }
      const next = attempts[attempt]?.started_at;
      if (next && created_at.getTime() > next.getTime() + CLOCKS_MS) {
        const lateMs = created_at.getTime() - next.getTime();
        yield {
          session: id,
          problem: `seq ${seq} came ${lateMs} ms after the claim of the next attempt`,
        };
      }
    }
  }
};
