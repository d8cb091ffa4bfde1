// Tracks whether this host can run sessions, from the results of attempts and probes.
import type { Logger } from '@baton/core/internal';
import type { HostProblem } from '../host-problem/find-host-problem.ts';
import type { GroupMember } from './process-group.ts';
import type { StuckProcesses } from './stuck-processes.ts';

/** The first pause before a probe of a sick host, in milliseconds. The pause doubles with each probe. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 15_000;

/** How long a caller waits for a probe, in milliseconds. On a file system that hangs, a probe may never end. */
const PROBE_LIMIT_MS = 60_000;

const NO_ANSWER: HostProblem = {
  code: 'HOST_ERROR',
  message: `the probe of the host did not end within ${PROBE_LIMIT_MS / 1000} s`,
};

/** The dependencies of a host's health. */
export interface HostHealthDeps {
  /** Resolves to the problem that keeps the host from running sessions, or to null. */
  probe: () => Promise<HostProblem | null>;
  /** The processes of this host that could not be ended. */
  stuck: Pick<StuckProcesses, 'watch' | 'problem' | 'whyNot'>;
  log: Logger;
}

/** The health of a host. An error that keeps a session from starting makes the host sick until a probe passes. */
export interface HostHealth {
  /** Reports that an attempt met a host error. The host takes no more work until a probe passes. */
  report(problem: HostProblem): void;
  /**
   * Probes the host now, even if the host seems well. Reports a problem that it finds. Resolves to
   * that problem, or to null.
   */
  check(): Promise<HostProblem | null>;
  /** Reports that the CLI started a session, so the host can run sessions. */
  reportStarted(): void;
  /** Reports that processes of a session could not be ended. The host is not ready until those processes are gone. */
  notEnded(sessionId: string, members: readonly GroupMember[]): void;
  /** Whether the host is sick, and takes no work. */
  readonly isSick: boolean;
  /** Returns a sentence that says why the host is not ready, or null if it is ready. */
  whyNot(): string | null;
  /** Sets the listener for three events: the host became sick, it became well again, a session began. */
  listen(listener: HostListener): void;
  /** Stops probing. */
  stop(): void;
}

/** The listener for changes of a host's health. */
export interface HostListener {
  onSick(): void;
  onWell(): void;
  onSessionStarted(): void;
}

/** Creates the health of a host, which is well at first. */
export function createHostHealth({ probe, stuck, log }: HostHealthDeps): HostHealth {
  const boundedProbe = createBoundedProbe(probe);
  let problem: HostProblem | null = null;
  // Until a session starts, the pause keeps growing each time the host becomes sick again. A probe
  // that passed may have missed the problem.
  let pauseMs = FIRST_PAUSE_MS;
  let nextAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let listener: HostListener = { onSick() {}, onWell() {}, onSessionStarted() {} };

  function schedule(): void {
    if (isStopped) return;
    nextAt = performance.now() + pauseMs;
    timer = setTimeout(() => void probeAgain(), pauseMs);
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
  }

  async function probeAgain(): Promise<void> {
    const found = await findProblem();
    if (isStopped) return;
    if (found) {
      problem = found;
      schedule();
      return;
    }
    problem = null;
    log.info('the host can run sessions again: the worker takes work');
    listener.onWell();
  }

  function report(found: HostProblem): void {
    if (problem !== null) return;
    problem = found;
    schedule();
    log.error({ code: found.code }, `${sentence(found)} until a probe of the host passes`);
    listener.onSick();
  }

  async function findProblem(): Promise<HostProblem | null> {
    return stuck.problem() ?? boundedProbe();
  }

  return {
    report,
    async check() {
      const found = await findProblem();
      if (found) report(found);
      return found;
    },
    reportStarted() {
      if (problem === null) pauseMs = FIRST_PAUSE_MS;
      listener.onSessionStarted();
    },
    notEnded(sessionId, members) {
      stuck.watch(sessionId, members);
      const found = stuck.problem();
      if (found) report(found);
    },
    get isSick() {
      return problem !== null;
    },
    whyNot() {
      if (problem === null) return stuck.whyNot();
      const inMs = Math.max(0, nextAt - performance.now());
      return `${sentence(problem)} and probes the host again in ${(inMs / 1000).toFixed(1)} s`;
    },
    listen(to) {
      listener = to;
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Returns a probe that never runs twice at the same time. A caller waits for it no longer than the
 * limit.
 */
function createBoundedProbe(
  probe: () => Promise<HostProblem | null>,
): () => Promise<HostProblem | null> {
  let probing: Promise<HostProblem | null> | undefined;
  return () => {
    probing ??= probe().finally(() => {
      probing = undefined;
    });
    // If a probe hangs, the next caller waits for the same probe, because a second probe would hang
    // too.
    return within(probing, PROBE_LIMIT_MS);
  };
}

async function within(
  probing: Promise<HostProblem | null>,
  ms: number,
): Promise<HostProblem | null> {
  const late = Promise.withResolvers<HostProblem>();
  const timer = setTimeout(() => late.resolve(NO_ANSWER), ms).unref();
  try {
    return await Promise.race([probing, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function sentence({ message }: HostProblem): string {
  return `the host cannot run sessions: ${message}; the worker takes no work`;
}
