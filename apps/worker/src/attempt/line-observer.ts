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

/** What the lines of a run have said so far. */
export interface LineFacts {
  sawInit: boolean;
  /** Whether the result is not the last word: work was pending, or a further turn had begun. */
  isInterim: boolean;
  /** The CLI's name for the last error of the API. */
  apiError: string | null;
  /** What a slash command of the CLI said of its failure. */
  commandError: string | null;
  /** The account's limit, if the last line about one said that a request was rejected. */
  rateLimit: RateLimit | null;
  /** When the last result line was read (performance.now), or null. */
  resultAt: number | null;
}

/** Shows each line of a run to everything that follows the run, and gathers what the lines say. */
export interface LineObserver {
  observe(line: ClaudeLine): void;
  readonly facts: Readonly<LineFacts>;
}

/** What follows the lines of a run, and who is called for some of them. */
export interface LineObserverDeps {
  recorder: Recorder;
  meter: Meter;
  /** What the process has still to do. */
  work: PendingWork;
  /** Which of Claude's conversations the process is in. */
  claudeSession: ClaudeSessionIdTracker;
  /** Ends the run: a deadline of the run uses it, and so does everything else that may stop the attempt. */
  stopSwitch: StopSwitch;
  /** Called with the first init line. */
  onInit(): void;
  /** Called with a rate limit whose reset cannot be true; the reset is ignored. */
  onAbsurdLimit(limit: RateLimit): void;
  /** Called with a total cost in US dollars that cannot be true; it is ignored. */
  onAbsurdCost(costUsd: number): void;
}

/** The observer of a process that has printed nothing yet; `pid` is the process's, if it was spawned. */
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
      // What the CLI gives up because we stop it is not done: from then on only a result line may say so.
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
