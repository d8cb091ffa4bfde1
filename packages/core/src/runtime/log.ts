import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { defined } from '../model/schema/defined.ts';

/** The values of LOG_LEVEL. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type { Logger } from 'pino';

/**
 * Creates a logger that writes one JSON object per line, to stderr by default. `name` is the name of the process, and
 * `mask` removes secrets from each line before it is written.
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

// Deeper chains of causes add no information.
const MAX_CAUSES = 5;

/**
 * Returns the facts about an error and its causes that a log line shows. Only these facts are logged, because drivers
 * attach the failed command to their errors, with its payload and secrets.
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
