import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import { assertNever } from '@baton/core/internal';
import type { AbortReason } from './abort-reason.ts';
import type { ClaudeProcess } from './process.ts';

/**
 * One rung of the ladder: a request on stdin or a signal to the process group, and how long to wait
 * for the end, in milliseconds.
 */
interface StopStep {
  act: 'ask' | NodeJS.Signals;
  waitMs: number;
}

// The CLI ends the turn, writes its result, and ends once stdin is closed. That takes a tenth of a
// second; the rest is for a slow host.
const ASK: StopStep = { act: 'ask', waitMs: 5_000 };

const TERM: StopStep = { act: 'SIGTERM', waitMs: 5_000 };
// SIGKILL ends a process at once, unless the process waits for a disk. The disk may take this long.
const KILL: StopStep = { act: 'SIGKILL', waitMs: 5_000 };

// SIGINT tells the model that a person stopped it, so only a caller's interrupt sends it
// (docs/claude-cli.md, section 7; test/contract/processes.test.ts).
const INT: StopStep = { act: 'SIGINT', waitMs: 5_000 };

function ladder(reason: AbortReason): StopStep[] {
  switch (reason.kind) {
    case 'interrupt':
      return [ASK, INT, TERM, KILL];
    case 'turns_spent':
      return [ASK, TERM, KILL];
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
 * Stops a process with the ladder for this reason. `ask` asks the CLI on stdin to end its turn, and
 * returns whether it could ask; default: it cannot. Resolves to null once the process has
 * ended. If the process is still there at the end of the ladder, resolves to a text that says why.
 * `wait` is for tests.
 */
export async function stopClaude(
  claude: Pick<ClaudeProcess, 'signal' | 'exit'>,
  reason: AbortReason,
  ask: () => boolean = () => false,
  wait: (ms: number, value: false, options: { signal: AbortSignal }) => Promise<false> = delay,
): Promise<string | null> {
  let refused: string | null = null;
  for (const { act, waitMs } of ladder(reason)) {
    if (act !== 'ask') refused = claude.signal(act);
    else if (!ask()) continue;
    const waited = new AbortController();
    const ended = await Promise.race([
      claude.exit.then(() => true),
      wait(waitMs, false, { signal: waited.signal }).catch(() => false),
    ]);
    waited.abort();
    if (ended) return null;
  }
  // If this worker was stalled, the end of the wait and the end of the process may arrive in the
  // same turn of the event loop. So look once more.
  const isThere = Symbol();
  await breathe();
  if ((await Promise.race([claude.exit, breathe(isThere)])) !== isThere) return null;
  return refused === null
    ? 'it did not end after SIGKILL'
    : `this worker may not signal it (${refused})`;
}
