import { defined, type Session } from '@baton/core/internal';
import type { Evidence, Violation } from './audit/evidence.ts';
import { committed, counting } from './audit/evidence.ts';
import { repeated } from './audit/marks.ts';
import { countMessages } from './audit/messages.ts';
import { countBranches, countCancelledAfterCrash, notPortable } from './audit/workspaces.ts';
import type { FaultKind } from './faults.ts';
import type { ChaosOptions } from './options.ts';
import { firstWaits, recoveries, spreadOf } from './waits.ts';

/** How many violations the report lists. */
const SHOWN = 50;

/** The facts of a run that are not part of its evidence. */
export interface RunFacts {
  options: ChaosOptions;
  faults: Partial<Record<FaultKind, number>>;
  seconds: number;
  /** The time from the end of the last fault until every session was terminal. */
  healSeconds: number;
  workersStarted: number;
  redis: string;
  mongodb: string;
}

/** Returns the figures of a run, for one line of JSON. */
export function figures(evidence: Evidence, violations: readonly Violation[], facts: RunFacts) {
  const sessions = [...evidence.sessions.values()];
  const count = (of: (id: string) => number) => sessions.reduce((sum, { id }) => sum + of(id), 0);
  const status = (name: string) => sessions.filter((session) => session.status === name).length;
  const counted = (key: 'crashes' | 'hand_backs' | 'retries') =>
    sessions.reduce((sum, { counts }) => sum + counts[key], 0);
  const { options } = facts;
  return {
    holds: violations.length === 0,
    seed: options.seed,
    minutes: options.minutes,
    seconds: Math.round(facts.seconds),
    heal_seconds: Math.round(facts.healSeconds),
    sessions: evidence.planned.size,
    continues: sessions.filter(({ kind }) => kind === 'continue').length,
    completed: status('completed'),
    cancelled: status('cancelled'),
    failed: status('failed'),
    attempts: sessions.reduce((sum, { attempts }) => sum + attempts.length, 0),
    crashes: counted('crashes'),
    hand_backs: counted('hand_backs'),
    retries: counted('retries'),
    failed_attempts: failuresByCode(sessions),
    events: count((id) => committed(evidence, id).length),
    superseded: count((id) => committed(evidence, id).length - counting(evidence, id).length),
    events_seen_meanwhile: [...evidence.shown.values()].reduce((sum, { size }) => sum + size, 0),
    marks: [...evidence.directories.values()].reduce((sum, { length }) => sum + length, 0),
    marks_done_again: repeated(evidence),
    branches: countBranches(evidence),
    not_portable: notPortable(evidence),
    cancelled_after_crash: countCancelledAfterCrash(evidence),
    messages_sent: evidence.messages.length,
    messages_delivered: countMessages(evidence, 'delivered'),
    messages_undelivered: countMessages(evidence, 'undelivered'),
    messages_cancelled: countMessages(evidence, 'cancelled'),
    messages_refused: evidence.messages.filter(({ answer }) => 'refused' in answer).length,
    claimed_again_ms: spreadOf(recoveries(evidence)),
    first_claimed_ms: spreadOf(firstWaits(evidence)),
    workers: facts.workersStarted,
    faults: facts.faults,
    redis: facts.redis,
    mongodb: facts.mongodb,
    violations: violations.slice(0, SHOWN),
    ...defined({
      more_violations: violations.length > SHOWN ? violations.length - SHOWN : undefined,
    }),
  };
}

function failuresByCode(sessions: readonly Session[]): Record<string, number> {
  const codes: Record<string, number> = {};
  for (const { failure } of sessions.flatMap(({ attempts }) => attempts)) {
    if (failure) codes[failure.code] = (codes[failure.code] ?? 0) + 1;
  }
  return codes;
}
