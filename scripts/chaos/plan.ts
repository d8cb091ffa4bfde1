// What the sessions do, and when each is asked for: follows from the seed alone.
import { createHash } from 'node:crypto';
import { fakePrompt } from '../../test/fake-claude/install.ts';
import type { Step } from '../../test/fake-claude/script.ts';
import { createRandom } from './random.ts';

/** One session to come. */
export interface PlannedSession {
  id: string;
  atMs: number;
  /** How many marks it leaves. */
  marks: number;
  query: string;
  /** Sent with Redis alone, so that nobody but a worker or the reconciler makes its document. */
  isRedisOnly: boolean;
  /** Continues a session that is done by then, where there is one. */
  isContinue: boolean;
  /** When it is cancelled, counted from when it was asked for. */
  cancelAfterMs?: number;
}

/** The part of the time in which sessions are asked for; the rest lets the last ones meet faults too. */
const ARRIVALS = 0.85;

/** The sessions of a run of `ms`, in the order in which they come. */
export function planSessions(options: {
  seed: number;
  ms: number;
  sessions: number;
}): PlannedSession[] {
  const { seed, ms, sessions } = options;
  const random = createRandom(seed, 'sessions');
  return Array.from({ length: sessions }, (_, index) => {
    const id = idOf(seed, index);
    const marks = random.whole(5, 30);
    const turnMs = random.whole(100, 600);
    const steps: Step[] = [
      // Like a tool that a killed turn leaves behind: it must not outlive the session.
      ...(index % 3 === 0 ? [{ spawn: 'exec sleep 3600' }] : []),
      { marks: id, to: marks, turn_ms: turnMs },
    ];
    const isCancelled = random.next() < 0.1;
    const cancelAfterMs = Math.round(random.between(0, marks * turnMs * 1.2));
    return {
      id,
      atMs: random.between(0, ms * ARRIVALS),
      marks,
      query: fakePrompt(steps, `Leave ${marks} marks.`),
      isRedisOnly: random.next() < 0.3,
      isContinue: index >= sessions / 5 && random.next() < 0.2,
      ...(isCancelled ? { cancelAfterMs } : {}),
    };
  }).sort((a, b) => a.atMs - b.atMs);
}

// A version 4 UUID in form, made from the seed.
function idOf(seed: number, index: number): string {
  const hex = createHash('sha256').update(`${seed} ${index}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
