// Processes that a worker could not end: watched until they are gone.
import type { Logger } from '@baton/core/internal';
import type { HostProblem } from '../host-problem/find-host-problem.ts';
import { type GroupMember, hasEnded } from './process-group.ts';

/** How often a process that could not be ended is looked at, in milliseconds. */
const CHECK_MS = 1_000;

/** With so many of them on a host the worker takes no work: each may still use what a session needs. */
const MAX_STUCK = 3;

/** The processes of this host that could not be ended. */
export interface StuckProcesses {
  /** Watches the processes of a session until they are gone. */
  watch(sessionId: string, members: readonly GroupMember[]): void;
  /** What keeps the host from taking more work where there are too many of them, or null. */
  problem(): HostProblem | null;
  /** Why the host is not ready, in a sentence, or null. */
  whyNot(): string | null;
  stop(): void;
}

/** None yet; each that ends later is logged. */
export function createStuckProcesses(log: Logger): StuckProcesses {
  const bySession = new Map<string, readonly GroupMember[]>();
  let timer: NodeJS.Timeout | undefined;

  function check(): void {
    for (const [sessionId, members] of bySession) {
      const left = members.filter((member) => !hasEnded(member));
      if (left.length > 0) bySession.set(sessionId, left);
      else {
        bySession.delete(sessionId);
        log.info({ session_id: sessionId }, 'the process that could not be ended is gone');
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
      return { code: 'HOST_ERROR', message: `${bySession.size} processes could not be ended` };
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
