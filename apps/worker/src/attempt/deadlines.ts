import type { SessionConfig } from '@baton/core/internal';
import type { AbortReason, Deadline } from '../claude/abort-reason.ts';
import { apiRetryOf, type ClaudeLine, resultOf } from '../claude/line.ts';
import type { PendingWork } from '../claude/pending-work.ts';
import { isProtocolLine } from '../claude/protocol-line.ts';

/** How long each clock of an attempt may run, in milliseconds. */
export type DeadlinesMs = Record<Deadline, number>;

/**
 * Returns the deadlines of a session. A deadline that the session's config does not set comes from
 * the worker's `defaults`.
 */
export function deadlinesOf(config: SessionConfig, defaults: DeadlinesMs): DeadlinesMs {
  const own = config.timeouts ?? {};
  return {
    startup: own.startup_ms ?? defaults.startup,
    idle: own.idle_ms ?? defaults.idle,
    wall_clock: own.wall_clock_ms ?? defaults.wall_clock,
    exit: own.exit_ms ?? defaults.exit,
  };
}

/** The longest retry delay of the CLI that Baton believes, in milliseconds. */
const API_RETRY_MAX_MS = 6 * 3600 * 1000;

// The clocks that measure silence on stdout. They pause while Baton itself does not read.
const SILENCES: readonly Deadline[] = ['idle', 'exit'];

/** The running clocks of an attempt. */
export interface DeadlineWatch {
  /**
   * Starts, restarts or stops clocks according to a line that `work` has already seen.
   */
  observe(line: ClaudeLine): void;
  /** Stops the startup clock until the CLI has its first message. */
  hold(): void;
  /** Starts the startup clock, if `hold` stopped it and no event has come since. */
  begin(): void;
  /** Stops the idle and exit clocks while Baton does not read stdout. */
  pause(): void;
  /** Restarts the clocks that `pause` stopped. */
  resume(): void;
  /** Stops all clocks. */
  stop(): void;
}

/**
 * Starts the clocks of an attempt. `abort` is called for each clock that runs out; only the first
 * call counts.
 *
 * - `startup` runs until the CLI's first event. Output other than events restarts it.
 * - `idle` restarts with each line. It does not run while background tasks run within a turn. If
 *   the CLI announces that it will retry an API call, the clock runs longer by the announced delay.
 * - `exit` runs from the last result if no work is pending. If work is pending after a result,
 *   `idle` bounds the wait for it.
 * - `wall_clock` runs from start to end.
 */
export function watchDeadlines(
  limits: DeadlinesMs,
  abort: (reason: AbortReason) => void,
  work: Pick<PendingWork, 'tasks' | 'isIdle' | 'isOver'>,
): DeadlineWatch {
  const timers = new Map<Deadline, { timer: NodeJS.Timeout; ms: number }>();
  let isHeld = false;
  let paused: (readonly [Deadline, number])[] = [];

  function start(deadline: Deadline, ms: number): void {
    const clock = timers.get(deadline);
    // Lines arrive by the thousand, so a clock that only restarts reuses its timer.
    if (clock?.ms === ms) {
      clock.timer.refresh();
      return;
    }
    clear(deadline);
    // Longer timers overflow and fire at once (Node's limit is 2^31 - 1 ms).
    const bounded = Math.min(ms, 2 ** 31 - 1);
    const timer = setTimeout(() => abort({ kind: 'timed_out', deadline }), bounded);
    timers.set(deadline, { timer, ms });
  }

  function clear(deadline: Deadline): void {
    clearTimeout(timers.get(deadline)?.timer);
    timers.delete(deadline);
  }

  start('startup', limits.startup);
  start('wall_clock', limits.wall_clock);
  return {
    hold() {
      isHeld = true;
      clear('startup');
    },
    begin() {
      if (isHeld) start('startup', limits.startup);
      isHeld = false;
    },
    observe(line) {
      if (line.kind === 'event' && !isProtocolLine(line)) {
        isHeld = false;
        clear('startup');
      } else if (timers.has('startup')) start('startup', limits.startup);
      if (work.isOver()) {
        clear('idle');
        // Other output does not restart the exit clock: a CLI that never ends may keep printing.
        if (!timers.has('exit') || resultOf(line)) start('exit', limits.exit);
        return;
      }
      clear('exit');
      const isBusy = work.tasks() > 0 && !work.isIdle();
      if (isBusy || isHeld || timers.has('startup')) clear('idle');
      else
        start(
          'idle',
          limits.idle + Math.min(apiRetryOf(line)?.retryDelayMs ?? 0, API_RETRY_MAX_MS),
        );
    },
    pause() {
      paused = SILENCES.flatMap((deadline) => {
        const clock = timers.get(deadline);
        return clock ? [[deadline, clock.ms] as const] : [];
      });
      for (const [deadline] of paused) clear(deadline);
    },
    resume() {
      for (const [deadline, ms] of paused) start(deadline, ms);
      paused = [];
    },
    stop() {
      paused = [];
      isHeld = false;
      for (const deadline of timers.keys()) clear(deadline);
    },
  };
}
