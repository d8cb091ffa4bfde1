import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const RETRY_AFTER_MS = 50;

const refusal = z.object({ error: z.object({ message: z.string() }) });

/**
 * Asks `/readyz` of a program until it answers that the program and its stores are ready. Resolves with null then, or
 * with the last reason in a sentence where that takes longer than `withinMs`; rejects once `signal` is aborted.
 */
export async function waitUntilReady(
  url: string,
  withinMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  let reason: string | null = 'no answer';
  for (const started = Date.now(); Date.now() - started < withinMs; ) {
    signal.throwIfAborted();
    reason = await whyNotReady(url);
    if (reason === null) return null;
    await delay(RETRY_AFTER_MS, undefined, { signal });
  }
  return reason;
}

/** Why the program at this address is not ready, in a sentence, or null where it is. */
export async function whyNotReady(url: string): Promise<string | null> {
  const response = await fetch(new URL('/readyz', url)).catch(() => undefined);
  if (!response) return 'no answer';
  if (response.ok) return null;
  const body = refusal.safeParse(await response.json().catch(() => undefined));
  return body.success ? body.data.error.message.replace(/^not ready: /, '') : `${response.status}`;
}
