import type { ClaudeInput } from '../claude/input.ts';
import type { PendingWork } from '../claude/pending-work.ts';
import type { MessageRelay } from './message-relay.ts';

/**
 * How long stdin stays open while only background tasks are pending, in milliseconds. During this
 * time the process takes messages of callers. Stdin must be closed at some point: the CLI limits its
 * wait for background agents only after the end of stdin (docs/claude-cli.md, section 17).
 */
const TASKS_OPEN_MS = 120_000;

/** Closes the stdin of a process once Baton has nothing more to send. */
export interface InputCloser {
  /**
   * Closes stdin if nothing is pending. If only background tasks are pending, closes it after a
   * wait. Called after each line of the CLI and after each round of messages.
   */
  check(): void;
  /** Ends the wait for background tasks, because the process has ended. */
  stop(): void;
}

/** Creates the closer of a process's stdin. */
export function createInputCloser(
  input: Pick<ClaudeInput, 'close'>,
  work: Pick<PendingWork, 'mayClose' | 'hasOnlyTasks'>,
  relay: Pick<MessageRelay, 'isSending'>,
): InputCloser {
  let timer: NodeJS.Timeout | undefined;
  let hasEnded = false;

  function stopTimer(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  // Once the relay has sent, it calls `check`. If no message was sent, the wait begins anew.
  function endWait(): void {
    if (relay.isSending()) timer = undefined;
    else input.close();
  }

  return {
    check() {
      if (hasEnded) return;
      if (work.hasOnlyTasks()) {
        timer ??= setTimeout(endWait, TASKS_OPEN_MS);
        return;
      }
      stopTimer();
      if (work.mayClose() && !relay.isSending()) input.close();
    },
    stop() {
      hasEnded = true;
      stopTimer();
    },
  };
}
