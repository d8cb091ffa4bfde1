import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const RETRY_AFTER_MS = 50;

const refusal = z.object({ error: z.object({ message: z.string() }) });

/**
 * Requests `/readyz` of a program until it reports that the program is ready. Resolves with null
 * when it is ready, or after `withinMs` with the last reason why it was not. Rejects if `signal`
 * aborts.
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

/** Returns the reason why the program at this URL is not ready, or null if it is ready. */
export async function whyNotReady(url: string): Promise<string | null> {
  const response = await fetch(new URL('/readyz', url)).catch(() => undefined);
  if (!response) return 'no answer';
  if (response.ok) return null;
  const body = refusal.safeParse(await response.json().catch(() => undefined));
  return body.success ? body.data.error.message.replace(/^not ready: /, '') : `${response.status}`;
}
