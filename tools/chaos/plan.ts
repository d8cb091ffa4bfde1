// The plan of the sessions: what each session does, and when it is launched. The same options always
// give the same plan, because all randomness comes from the seed.
import { createHash } from 'node:crypto';
import { defined } from '@baton/core/internal';
import { fakePrompt } from '../../test/fake-claude/install.ts';
import type { Step } from '../../test/fake-claude/script.ts';
import { createRandom } from './random.ts';

/** One planned session. */
export interface PlannedSession {
  id: string;
  atMs: number;
  /**
   * How many numbered marks the session leaves: one in each turn, in its directory, its events and
   * its transcript.
   */
  marks: number;
  /** How long a turn takes, in milliseconds. */
  turnMs: number;
  /** Whether each mark is the work of a tool call. Default: no. */
  withTools?: boolean;
  query: string;
  /**
   * Whether the session is launched only through Redis. Then a worker or the reconciler makes its
   * document.
   */
  isRedisOnly: boolean;
  /** Whether the session continues a completed session, if there is one at the launch. */
  isContinue: boolean;
  /** How long after its launch the session is cancelled, in milliseconds. */
  cancelAfterMs?: number;
}

/** About how many sessions run at a time. A killed worker should have several running sessions. */
const AT_A_TIME = 12;

/** The shortest and the longest average length of a session, in milliseconds. */
const LENGTH_MS = [3_000, 60_000] as const;

/**
 * The share of the run in which sessions are launched. In the rest of the run, faults also hit the
 * last sessions.
 */
const ARRIVALS = 0.85;

/** Returns the sessions of a run of `ms` milliseconds, in the order of their launches. */
export function planSessions(options: {
  seed: number;
  ms: number;
  sessions: number;
  /** Whether each mark is the work of a tool call. Default: no. */
  withTools?: boolean;
}): PlannedSession[] {
  const { seed, ms, sessions, withTools } = options;
  const tools = defined({ withTools: withTools || undefined });
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
      // This process is like a tool that a killed turn leaves behind. The process must not outlive the session.
      ...(index % 3 === 0 ? [{ spawn: 'exec sleep 3600' }] : []),
      ...(index % 4 === 1 ? [{ sub_agent: `helper-${index}` }] : []),
      marksStep({ id, marks, turnMs, ...tools }),
    ];
    const isCancelled = random.next() < 0.1;
    const cancelAfterMs = Math.round(random.between(0, marks * turnMs * 1.2));
    return {
      id,
      atMs: random.between(0, ms * ARRIVALS),
      marks,
      turnMs,
      ...tools,
      query: fakePrompt(steps, `Leave ${marks} marks.`),
      isRedisOnly: random.next() < 0.3,
      isContinue: random.next() < 0.25,
      ...defined({ cancelAfterMs: isCancelled ? cancelAfterMs : undefined }),
    };
  }).sort((a, b) => a.atMs - b.atMs);
}

/** Returns the step that leaves the marks of a session which are still missing. */
export function marksStep({
  id,
  marks,
  turnMs,
  withTools,
}: Pick<PlannedSession, 'id' | 'marks' | 'turnMs' | 'withTools'>): Step {
  return {
    marks: id,
    to: marks,
    turn_ms: turnMs,
    ...defined({ with_tool: withTools || undefined }),
  };
}

// The id has the form of a version 4 UUID, and is made from the seed.
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
