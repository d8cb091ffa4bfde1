import type { AbortReason } from '../claude/abort-reason.ts';

/** Stops a run once, for the first reason given. */
export interface StopSwitch {
  readonly controller: AbortController;
  /**
   * Stops the run now. Only an interrupt waits until the turn has begun. While it waits, another
   * reason may stop the run.
   */
  stop(reason: AbortReason): void;
  /** Records that the first init line was read, and carries out an interrupt that waited for it. */
  turnBegan(): void;
  /** Why the run was stopped, or null. */
  readonly reason: AbortReason | null;
}

/**
 * Creates the stop switch of a run. Before the turn has begun, SIGINT would only kill the CLI and
 * leave the session without an answer. So an interrupt waits for the turn.
 */
export function createStopSwitch(): StopSwitch {
  const controller = new AbortController();
  let hasBegun = false;
  let isInterruptWaiting = false;

  function abort(reason: AbortReason): void {
    if (!controller.signal.aborted) controller.abort(reason);
  }

  return {
    controller,
    stop(reason) {
      if (reason.kind === 'interrupt' && !hasBegun) isInterruptWaiting = true;
      else abort(reason);
    },
    turnBegan() {
      hasBegun = true;
      if (isInterruptWaiting) abort({ kind: 'interrupt' });
    },
    get reason() {
      return controller.signal.aborted ? (controller.signal.reason as AbortReason) : null;
    },
  };
}
