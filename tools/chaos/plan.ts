// What the sessions do, and when each is asked for: follows from the seed alone.
import { createHash } from 'node:crypto';
import { defined } from '@baton/core/internal';
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

/** How many sessions run at a time, about: a killed worker is to meet several. */
const AT_A_TIME = 12;

/** Shortest and longest session on average, in milliseconds. */
const LENGTH_MS = [3_000, 60_000] as const;

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
  const lengthMs = Math.min(
    Math.max((AT_A_TIME * ms * ARRIVALS) / sessions, LENGTH_MS[0]),
    LENGTH_MS[1],
  );
  return Array.from({ length: sessions }, (_, index) => {
    const id = idOf(seed, index);
    const turnMs = random.integer(100, 900);
    const marks = Math.ceil((random.between(0.2, 1.8) * lengthMs) / turnMs);
    const steps: Step[] = [
      // Like a tool that a killed turn leaves behind: it must not outlive the session.
      ...(index % 3 === 0 ? [{ spawn: 'exec sleep 3600' }] : []),
      ...(index % 4 === 1 ? [{ sub_agent: `helper-${index}` }] : []),
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
      isContinue: random.next() < 0.25,
      ...defined({ cancelAfterMs: isCancelled ? cancelAfterMs : undefined }),
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
