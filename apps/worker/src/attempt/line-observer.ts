import { defined } from '@baton/core/internal';
import type { ClaudeSessionIdTracker } from '../claude/claude-session-id.ts';
import {
  absurdCostOf,
  apiErrorOf,
  type ClaudeLine,
  commandErrorOf,
  initOf,
  type RateLimit,
  rateLimitOf,
  resultOf,
} from '../claude/line.ts';
import type { Meter } from '../claude/meter.ts';
import type { PendingWork } from '../claude/pending-work.ts';
import { believable } from '../claude/rate-limit.ts';
import type { DeadlineWatch } from './deadlines.ts';
import type { Recorder } from './recorder.ts';
import type { StopSwitch } from './stop-switch.ts';

/** What the lines of a run have shown so far. */
export interface LineFacts {
  sawInit: boolean;
  /**
   * Whether the last result is not final: work was pending after it, or a further turn had begun.
   */
  isInterim: boolean;
  /** The CLI's name for the last API error, or null. */
  apiError: string | null;
  /** The error message of a slash command that the CLI handled without the model, or null. */
  commandError: string | null;
  /** The account's rate limit, if the last line about it reported a rejected request; else null. */
  rateLimit: RateLimit | null;
  /** When the last result line was read (performance.now), or null. */
  resultAt: number | null;
}

/** Passes each line of a run to the run's trackers, and gathers facts from the lines. */
export interface LineObserver {
  observe(line: ClaudeLine): void;
  readonly facts: Readonly<LineFacts>;
}

/** The trackers that see each line of a run, and the callbacks for some of the lines. */
export interface LineObserverDeps {
  recorder: Recorder;
  meter: Meter;
  /** Tracks the work that the process still has to do. */
  work: PendingWork;
  /** Tracks which of Claude's conversations the process is in. */
  claudeSession: ClaudeSessionIdTracker;
  /**
   * Stops the run. The run's deadlines use this switch, and so does everything else that may stop
   * the attempt.
   */
  stopSwitch: StopSwitch;
  /** Called when the first init line is read. */
  onInit(): void;
  /** Called with a rate limit whose reset time cannot be true. Baton ignores the reset time. */
  onAbsurdLimit(limit: RateLimit): void;
  /** Called with a total cost in US dollars that cannot be true. Baton ignores the cost. */
  onAbsurdCost(costUsd: number): void;
}

/**
 * Creates the observer of a new process. `pid` is undefined if the process could not be spawned.
 */
export function createLineObserver(
  deps: LineObserverDeps,
  watch: Pick<DeadlineWatch, 'observe'>,
  pid: number | undefined,
): LineObserver {
  const { work, meter, claudeSession, stopSwitch, recorder } = deps;
  const facts: LineFacts = {
    sawInit: false,
    isInterim: false,
    apiError: null,
    commandError: null,
    rateLimit: null,
    resultAt: null,
  };

  function toBelieved(limit: RateLimit): RateLimit {
    const believed = believable(limit, new Date());
    if (believed.isAbsurd) deps.onAbsurdLimit(limit);
    return believed.limit;
  }

  function observeInit(line: ClaudeLine): void {
    const init = initOf(line);
    if (!init || facts.sawInit) return;
    facts.sawInit = true;
    deps.onInit();
    stopSwitch.turnBegan();
    recorder.markRunning(defined({ pid, model: init.model }));
  }

  return {
    facts,
    observe(line) {
      work.observe(line);
      watch.observe(line);
      meter.observe(line);
      claudeSession.observe(line);
      const isResult = resultOf(line) !== null;
      // When Baton stops the CLI, the CLI drops its pending work, which then looks finished. So
      // after the stop only a result line may change `isInterim`.
      if (!stopSwitch.controller.signal.aborted || isResult) facts.isInterim = work.isInterim();
      const limit = rateLimitOf(line);
      if (limit) facts.rateLimit = limit.status === 'rejected' ? toBelieved(limit) : null;
      const absurdCost = absurdCostOf(line);
      if (absurdCost !== null) deps.onAbsurdCost(absurdCost);
      facts.apiError = apiErrorOf(line) ?? facts.apiError;
      facts.commandError = commandErrorOf(line) ?? facts.commandError;
      if (isResult) facts.resultAt = performance.now();
      observeInit(line);
    },
  };
}
