import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import { assertNever } from '@baton/core/internal';
import type { AbortReason } from './abort-reason.ts';
import type { ClaudeProcess } from './process.ts';

/** One rung: a signal to the group, and how long it may take, in milliseconds. */
interface StopStep {
  signal: NodeJS.Signals;
  waitMs: number;
}

const TERM: StopStep = { signal: 'SIGTERM', waitMs: 5_000 };
// The kernel ends a process at once, unless it waits for a disk: then this is the time that the disk may take.
const KILL: StopStep = { signal: 'SIGKILL', waitMs: 5_000 };

// SIGINT tells the model that a person stopped it, so only a caller's stop sends it (test/contract/processes.test.ts).
const INT: StopStep = { signal: 'SIGINT', waitMs: 5_000 };

function ladder(reason: AbortReason): StopStep[] {
  switch (reason.kind) {
    case 'interrupt':
      return [INT, TERM, KILL];
    case 'cancel':
    case 'hand_back':
    case 'timed_out':
    case 'store_unavailable':
      return [TERM, KILL];
    case 'lost':
      return [KILL];
    default:
      return assertNever(reason);
  }
}

/**
 * Stops a process by the ladder of the reason, each rung bounded. Resolves to null when it has ended, else,
 * with the ladder at its end, to why the process is still there. `wait` is for tests.
 */
export async function stopClaude(
  claude: Pick<ClaudeProcess, 'signal' | 'exit'>,
  reason: AbortReason,
  wait: (ms: number, value: false, options: { signal: AbortSignal }) => Promise<false> = delay,
): Promise<string | null> {
  let refused: string | null = null;
  for (const { signal, waitMs } of ladder(reason)) {
    refused = claude.signal(signal);
    const waited = new AbortController();
    const ended = await Promise.race([
      claude.exit.then(() => true),
      wait(waitMs, false, { signal: waited.signal }).catch(() => false),
    ]);
    waited.abort();
    if (ended) return null;
  }
  // A worker that stood still meets the end of the wait and that of the process in one turn of its loop.
  const isThere = Symbol();
  await breathe();
  if ((await Promise.race([claude.exit, breathe(isThere)])) !== isThere) return null;
  return refused === null
    ? 'it did not end after SIGKILL'
    : `this worker may not signal it (${refused})`;
}
