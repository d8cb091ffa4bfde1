import type { AbortReason } from '../claude/abort-reason.ts';

/** Ends a run, once, for the first reason given. */
export interface StopSwitch {
  readonly controller: AbortController;
  stop(reason: AbortReason): void;
  /** The first init line was read: an interrupt that waited for it is carried out. */
  turnBegan(): void;
  /** Why the run was ended, or null. */
  readonly reason: AbortReason | null;
}

/**
 * A switch. An interrupt before the turn has begun waits for it: SIGINT would only kill the CLI then,
 * and leave nothing to complete the session with.
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
