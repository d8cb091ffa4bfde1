import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { defined } from '../model/schema/defined.ts';

/** Levels that LOG_LEVEL may name. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type { Logger } from 'pino';

/**
 * A logger, one JSON object a line, under the name of its process; on stderr unless told otherwise. `mask`
 * clears each line of secrets before it is written.
 */
export function createLogger(
  name: string,
  level: (typeof LOG_LEVELS)[number],
  stream: DestinationStream = destination(2),
  mask = (line: string): string => line,
): Logger {
  const hooks = { streamWrite: mask };
  return pino({ name, level, serializers: { err: errorFacts }, hooks }, stream);
}

// Deeper chains of causes tell nothing more.
const MAX_CAUSES = 5;

/**
 * What a log line says of an error and its causes. Drivers hang the command that failed on their
 * errors, payload and secrets included: nothing but the named facts is logged.
 */
function errorFacts(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, details } = error as { code?: unknown; details?: { field?: unknown } };
  return {
    type: error.name,
    message: error.message,
    ...defined({
      code: isPlain(code) ? code : undefined,
      field: isPlain(details?.field) ? details.field : undefined,
    }),
    stack: error.stack,
    ...defined({
      cause:
        error.cause === undefined || depth >= MAX_CAUSES
          ? undefined
          : errorFacts(error.cause, depth + 1),
    }),
  };
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
