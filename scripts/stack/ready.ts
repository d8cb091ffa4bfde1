import { setTimeout as delay } from 'node:timers/promises';

const READY_WITHIN_MS = 30_000;
const ASK_AGAIN_AFTER_MS = 50;

/** Resolves once `/readyz` of the program says that it and its stores answer; throws with its last word if it never does, or is given up. */
export async function untilReady(url: string, signal: AbortSignal): Promise<void> {
  let last = 'no answer';
  for (const started = Date.now(); Date.now() - started < READY_WITHIN_MS; ) {
    signal.throwIfAborted();
    const answer = await fetch(new URL('/readyz', url)).catch(() => undefined);
    if (answer?.ok) return;
    last = (await answer?.text()) ?? last;
    await delay(ASK_AGAIN_AFTER_MS);
  }
  throw new Error(`${url} was not ready within ${READY_WITHIN_MS / 1000} s: ${last}`);
}
