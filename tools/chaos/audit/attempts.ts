import type { ErrorCode } from '@baton/core/internal';
import type { Check } from './evidence.ts';
import { committed } from './evidence.ts';

/** How far the clocks of a worker and of MongoDB may be apart on one host, in milliseconds. */
const CLOCKS_MS = 1_000;

/** Attempts are numbered from 1, each under a higher fence, and each is over when the session is. */
export const numbering: Check = function* ({ sessions }) {
  for (const { id, attempts } of sessions.values()) {
    for (const [index, { attempt, fence, ended_at }] of attempts.entries()) {
      if (attempt !== index + 1)
        yield { session: id, problem: `attempt ${attempt} is at ${index + 1}` };
      if (fence <= (attempts[index - 1]?.fence ?? 0)) {
        yield {
          session: id,
          problem: `attempt ${attempt} has fence ${fence}, no higher than before`,
        };
      }
      if (!ended_at) yield { session: id, problem: `attempt ${attempt} has no end` };
    }
  }
};

// The worker died, or it was paused, or both stores were away, for longer than a lease; or its host was sick.
const BY_FAULTS: readonly ErrorCode[] = [
  'CRASHED',
  'STORE_UNAVAILABLE',
  'CLAUDE_NOT_FOUND',
  'HOST_ERROR',
  'CONVERSATION_NOT_FOUND', // the folder of the transcript was away
];

/** An attempt fails only by the faults: the CLI of a run does nothing that fails. */
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

/** No two attempts wrote at the same time: what one committed lies before the next one's claim. */
export const noOverlap: Check = function* (evidence) {
  for (const { id, attempts } of evidence.sessions.values()) {
    let current = 0;
    for (const event of committed(evidence, id)) {
      const { seq, attempt, fence, created_at } = event;
      if (attempt < current) {
        yield {
          session: id,
          problem: `seq ${seq} is of attempt ${attempt}, after one of ${current}`,
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
