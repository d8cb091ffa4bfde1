import type { Evidence } from './audit/evidence.ts';
import { committed } from './audit/evidence.ts';

/** The spread of a duration over all sessions, in milliseconds. */
export interface Spread {
  median: number;
  p95: number;
  max: number;
}

/** Returns the times from the last event of an attempt to the claim of the next attempt, in milliseconds. */
export function recoveries(evidence: Evidence): number[] {
  return [...evidence.sessions.values()].flatMap(({ id, attempts }) => {
    const events = committed(evidence, id);
    return attempts.slice(1).map(({ started_at }, index) => {
      const before = events.findLast(({ attempt }) => attempt === index + 1)?.created_at;
      return started_at.getTime() - (before ?? attempts[index]?.started_at ?? started_at).getTime();
    });
  });
}

/** Returns the times from the launch of a session to its first claim, in milliseconds. */
export function firstWaits({ sessions }: Evidence): number[] {
  return [...sessions.values()].flatMap(({ created_at, attempts: [first] }) =>
    first ? [first.started_at.getTime() - created_at.getTime()] : [],
  );
}

/** Returns the spread of these durations; all values are zero if there are no durations. */
export function spreadOf(ms: readonly number[]): Spread {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.ceil(part * (sorted.length - 1))] ?? 0);
  return { median: at(0.5), p95: at(0.95), max: at(1) };
}
