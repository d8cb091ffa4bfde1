// The attempts under way in this process.
import type { Attempt, Session } from '@baton/core/internal';
import { type RunningAttempt, startAttempt } from '../attempt/attempt.ts';
import type { AttemptDeps } from '../attempt/attempt-context.ts';
import type { AttemptResult } from '../attempt/write-ending.ts';

/** Starts attempts and keeps each one until it ends. */
export interface RunningAttempts {
  /** The attempts under way, by the id of their session. */
  readonly bySession: ReadonlyMap<string, RunningAttempt>;
  /** Runs a claimed attempt and resolves to its result. The attempt stays in `bySession` until `whenOver` settles. */
  run(
    session: Session,
    attempt: Attempt,
    whenOver: (end: AttemptResult) => Promise<void>,
  ): Promise<AttemptResult>;
  /**
   * Hands the sessions of all attempts back to the queue: attempts that are under way, and attempts
   * that start later.
   */
  handBack(): void;
}

/** Creates the running attempts of a process that has not started any attempt yet. */
export function createRunningAttempts(deps: AttemptDeps): RunningAttempts {
  const attempts = new Map<string, RunningAttempt>();
  let isHandingBack = false;

  return {
    bySession: attempts,
    async run(session, claimed, whenOver) {
      const attempt = startAttempt(deps, session, claimed);
      attempts.set(session.id, attempt);
      if (isHandingBack) attempt.abort({ kind: 'hand_back' });
      try {
        const end = await attempt.end;
        await whenOver(end);
        return end;
      } finally {
        if (attempts.get(session.id) === attempt) attempts.delete(session.id);
      }
    },
    handBack() {
      isHandingBack = true;
      for (const attempt of attempts.values()) attempt.abort({ kind: 'hand_back' });
    },
  };
}
