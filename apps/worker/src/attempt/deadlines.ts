import type { SessionConfig } from '@baton/core/internal';
import type { AbortReason, Deadline } from '../claude/abort-reason.ts';
import { apiRetryOf, type ClaudeLine, resultOf } from '../claude/line.ts';
import type { PendingWork } from '../claude/pending-work.ts';

/** How long each clock of an attempt may run, in milliseconds. */
export type DeadlinesMs = Record<Deadline, number>;

/** The deadlines of a session: its own, else the worker's. */
export function deadlinesOf(config: SessionConfig, defaults: DeadlinesMs): DeadlinesMs {
  const own = config.timeouts ?? {};
  return {
    startup: own.startup_ms ?? defaults.startup,
    idle: own.idle_ms ?? defaults.idle,
    wall_clock: own.wall_clock_ms ?? defaults.wall_clock,
    exit: own.exit_ms ?? defaults.exit,
  };
}

/** The longest that the CLI is believed to wait before it asks the API again, in milliseconds. */
const API_RETRY_MAX_MS = 6 * 3600 * 1000;

// The clocks that measure how long the CLI says nothing.
const SILENCES: readonly Deadline[] = ['idle', 'exit'];

/** The clocks of an attempt. */
export interface DeadlineWatch {
  /** A line was read, and `work` has seen it: the idle clock starts again, and the line may start or stop others. */
  observe(line: ClaudeLine): void;
  /** Baton itself does not read on: until `resume` silence is not the CLI's. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/**
 * Starts the clocks of an attempt; `abort` is called once, with the first that runs out. The first event
 * of the CLI ends the startup clock, and other output starts it again: the CLI, or what starts it, lives. While
 * background tasks run in a turn, or the CLI waits to ask the API again, silence is not idleness. Once a
 * turn is over the exit clock runs; but while `work` is pending the idle clock bounds the wait for it.
 */
export function watchDeadlines(
  limits: DeadlinesMs,
  abort: (reason: AbortReason) => void,
  work: Pick<PendingWork, 'tasks' | 'isIdle' | 'isOver'>,
): DeadlineWatch {
  const timers = new Map<Deadline, { timer: NodeJS.Timeout; ms: number }>();
  let paused: (readonly [Deadline, number])[] = [];

  function start(deadline: Deadline, ms: number): void {
    const clock = timers.get(deadline);
    // Lines come by the thousand: a clock that only starts again is not made anew.
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
    observe(line) {
      if (line.kind === 'event') clear('startup');
      else if (timers.has('startup')) start('startup', limits.startup);
      if (work.isOver()) {
        clear('idle');
        // From the last result on, whatever is printed between turns: a CLI that never ends may print for ever.
        if (!timers.has('exit') || resultOf(line)) start('exit', limits.exit);
        return;
      }
      clear('exit');
      const isBusy = work.tasks() > 0 && !work.isIdle();
      if (isBusy || timers.has('startup')) clear('idle');
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
      for (const deadline of timers.keys()) clear(deadline);
    },
  };
}
