import { setTimeout as delay } from 'node:timers/promises';
import { assertNever } from '@baton/core';
import type { AbortReason } from './abort-reason.ts';
import type { ClaudeProcess } from './process.ts';

/** One rung: a signal to the group, and how long it may take, in milliseconds. */
interface Rung {
  signal: NodeJS.Signals;
  waitMs: number;
}

const TERM: Rung = { signal: 'SIGTERM', waitMs: 5_000 };
const KILL: Rung = { signal: 'SIGKILL', waitMs: 2_000 };

// SIGINT tells the model that a person stopped it: only where one did (claude-cli section 7).
const INT: Rung = { signal: 'SIGINT', waitMs: 5_000 };

function ladder(reason: AbortReason): Rung[] {
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

/** Stops a process by the ladder of the reason, each rung bounded; resolves when it has ended or the ladder has. */
export async function stopClaude(claude: ClaudeProcess, reason: AbortReason): Promise<void> {
  for (const { signal, waitMs } of ladder(reason)) {
    claude.signal(signal);
    const waited = new AbortController();
    const ended = await Promise.race([
      claude.exit.then(() => true),
      delay(waitMs, false, { signal: waited.signal }).catch(() => false),
    ]);
    waited.abort();
    if (ended) return;
  }
}
