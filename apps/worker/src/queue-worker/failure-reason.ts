import { isAppError } from '@baton/core/internal';

/**
 * The reason that the queue shows for a job that failed with this error. The message of an error that is not
 * Baton's own may quote a payload, so it is left out.
 */
export function getFailureReason(error: unknown): string {
  if (isAppError(error)) return `${error.code}: ${error.message}`;
  return `INTERNAL: ${error instanceof Error ? error.name : typeof error}`;
}
