import { destination, type Logger, pino } from 'pino';

/** Levels that LOG_LEVEL may name. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type { Logger } from 'pino';

/** A logger on stderr, one JSON object a line, under the name of its process. */
export function createLogger(name: string, level: (typeof LOG_LEVELS)[number]): Logger {
  return pino({ name, level }, destination(2));
}
