import type { Readable } from 'node:stream';
import { AppError } from '@baton/core/internal';

/** How long a body may take, in milliseconds. */
export interface BodyTimes {
  /** The longest silence between two pieces. */
  idleMs: number;
  totalMs: number;
}

/**
 * Yields the pieces of a request's body. Throws INVALID_REQUEST if the body breaks off, falls silent or takes too long.
 * Then the rest of the body is left to its reader.
 */
export async function* timedPieces(
  body: Readable,
  { idleMs, totalMs }: BodyTimes,
): AsyncGenerator<Buffer> {
  const pieces = body.iterator({ destroyOnReturn: false });
  const endsAt = performance.now() + totalMs;
  for (;;) {
    const leftMs = Math.min(idleMs, endsAt - performance.now());
    const next = await inTime(pieces.next(), leftMs);
    if (next.done) return;
    yield next.value;
  }
}

async function inTime<T>(wait: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(incomplete('arrives too slowly')), Math.max(0, ms));
  try {
    return await Promise.race([wait, late.promise]);
  } catch (cause) {
    throw cause instanceof AppError ? cause : incomplete('broke off', cause);
  } finally {
    clearTimeout(timer);
    wait.catch(() => {});
  }
}

function incomplete(what: string, cause?: unknown): AppError {
  return new AppError('INVALID_REQUEST', `the body ${what}; send the whole file again`, {
    details: { field: '' },
    cause,
  });
}
