// Watches processes that a worker could not end, until they are gone.
import type { Logger } from '@baton/core/internal';
import type { HostProblem } from '../host-problem/find-host-problem.ts';
import { type GroupMember, hasEnded } from './process-group.ts';

/** The time between two checks of a process that could not be ended, in milliseconds. */
const CHECK_MS = 1_000;

/**
 * If the processes of this many sessions could not be ended, the worker takes no work: each process may still
 * use what a new session needs.
 */
const MAX_STUCK = 3;

/** The processes of this host that could not be ended. */
export interface StuckProcesses {
  /** Watches the processes of a session until they are gone. */
  watch(sessionId: string, members: readonly GroupMember[]): void;
  /** Returns the problem of the host if too many processes could not be ended, else null. */
  problem(): HostProblem | null;
  /**
   * Returns a sentence that says why the host is not ready, or null if every process that could not
   * be ended is gone.
   */
  whyNot(): string | null;
  stop(): void;
}

/**
 * Creates an empty list of processes that could not be ended. The list logs when all processes of a
 * session are gone.
 */
export function createStuckProcesses(log: Logger): StuckProcesses {
  const bySession = new Map<string, readonly GroupMember[]>();
  let timer: NodeJS.Timeout | undefined;

  function check(): void {
    for (const [sessionId, members] of bySession) {
      const left = members.filter((member) => !hasEnded(member));
      if (left.length > 0) bySession.set(sessionId, left);
      else {
        bySession.delete(sessionId);
        log.info({ session_id: sessionId }, 'the processes that could not be ended are gone');
      }
    }
    if (bySession.size === 0) stop();
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    watch(sessionId, members) {
      bySession.set(sessionId, members);
      timer ??= setInterval(check, CHECK_MS).unref();
    },
    problem() {
      if (bySession.size < MAX_STUCK) return null;
      const message = `the processes of ${bySession.size} sessions could not be ended`;
      return { code: 'HOST_ERROR', message };
    },
    whyNot() {
      if (bySession.size === 0) return null;
      const pids = [...bySession.values()].flat().map(({ pid }) => Math.abs(pid));
      const list = pids.sort((a, b) => a - b).join(', ');
      return `the claude CLI of ${bySession.size} ended session(s) could not be ended and still runs (pid ${list})`;
    },
    stop,
  };
}
