// What a process logs of its Redis: one line for each change of state, not one for each call that failed.

import { isAppError } from '../model/errors/app-error.ts';
import type { Logger } from '../runtime/log.ts';
import { findRedisTrouble, NO_ANSWER } from './redis-trouble.ts';

/** How often Redis is asked whether it takes writes, in milliseconds. */
const PROBE_EVERY_MS = 5_000;

/** How long the same error about something else than Redis's state is not logged again, in milliseconds. */
const REPEAT_MS = 60_000;

/** How many different errors are remembered. */
const REMEMBERED = 100;

/** Follows the state of Redis. */
export interface RedisWatch {
  /**
   * Takes an error event of a client, a queue or a worker (`what` names which). An error that says that Redis
   * cannot be used is logged once, until Redis can be used again; any other error once a minute.
   */
  note(error: unknown, what: string): void;
  /** Probes every five seconds, until `signal`. */
  start(signal: AbortSignal): void;
  /** Probes now. Rejects with why Redis takes no writes. */
  probe(): Promise<void>;
}

/** A watch of the Redis that `ping` asks; `ping` rejects with UNAVAILABLE where Redis takes no writes. */
export function createRedisWatch(ping: () => Promise<void>, log: Logger): RedisWatch {
  let trouble: string | null = null;
  const loggedAt = new Map<string, number>();

  function enter(reason: string, err: unknown): void {
    // No answer is no other state where the client only connects anew because of the answer before.
    if (reason === trouble || (trouble !== null && reason === NO_ANSWER)) return;
    trouble = reason;
    log.warn({ err }, `${reason}: sessions wait until it takes writes again`);
  }

  function isRepeated(error: unknown): boolean {
    const message = error instanceof Error ? error.message : String(error);
    const last = loggedAt.get(message);
    if (last !== undefined && performance.now() - last < REPEAT_MS) return true;
    if (loggedAt.size >= REMEMBERED) loggedAt.clear();
    loggedAt.set(message, performance.now());
    return false;
  }

  async function probe(): Promise<void> {
    try {
      await ping();
    } catch (error) {
      enter(getReason(error), error);
      throw error;
    }
    if (trouble === null) return;
    trouble = null;
    log.info('Redis takes writes again');
  }

  return {
    probe,
    note(error, what) {
      const reason = findRedisTrouble(error);
      if (reason !== null) enter(reason, error);
      else if (!isRepeated(error)) log.warn({ err: error, what }, 'the queue reports an error');
    },
    start(signal) {
      const timer = setInterval(() => void probe().catch(() => {}), PROBE_EVERY_MS);
      signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    },
  };
}

// UNAVAILABLE says the reason before what the caller is to do.
function getReason(error: unknown): string {
  if (isAppError(error)) return error.message.split(';', 1)[0] ?? error.message;
  return findRedisTrouble(error) ?? 'Redis refuses a plain write';
}
