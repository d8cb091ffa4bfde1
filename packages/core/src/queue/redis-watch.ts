// Logs the state of Redis: one line for each change of state, not one line for each failed call.

import { isAppError } from '../model/errors/app-error.ts';
import type { Logger } from '../runtime/log.ts';
import { findRedisTrouble, NO_ANSWER } from './redis-trouble.ts';

/** How often the watch checks whether Redis takes writes, in milliseconds. */
const PROBE_EVERY_MS = 5_000;

/**
 * For how many milliseconds the same error is not logged again, if it says nothing about the state
 * of Redis.
 */
const REPEAT_MS = 60_000;

/** How many different errors the watch remembers. */
const REMEMBERED = 100;

/** Follows the state of Redis. */
export interface RedisWatch {
  /**
   * Handles an error event of a client, a queue or a worker; `what` names it. If the error says
   * that Redis cannot be used, the watch logs it once until Redis can be used again. The watch logs
   * any other error at most once a minute.
   */
  note(error: unknown, what: string): void;
  /** Probes every five seconds until `signal` aborts. */
  start(signal: AbortSignal): void;
  /** Probes now. Rejects with the reason if Redis takes no writes. */
  probe(): Promise<void>;
}

/**
 * Creates a watch of one Redis. `ping` must reject with UNAVAILABLE if that Redis takes no writes.
 */
export function createRedisWatch(ping: () => Promise<void>, log: Logger): RedisWatch {
  let trouble: string | null = null;
  const loggedAt = new Map<string, number>();

  function enter(reason: string, err: unknown): void {
    // If Redis has just reported a problem, a missing answer is not a new state: the client is
    // only reconnecting because of that problem.
    if (reason === trouble || (trouble !== null && reason === NO_ANSWER)) return;
    trouble = reason;
    log.warn({ err }, `${reason}; sessions wait until Redis can be written to`);
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

// The message of UNAVAILABLE is the reason, then a semicolon, then advice to the caller.
function getReason(error: unknown): string {
  if (isAppError(error)) return error.message.split(';', 1)[0] ?? error.message;
  return findRedisTrouble(error) ?? 'Redis refuses a plain write';
}
