import { isAppError } from '@baton/core/internal';

/**
 * Returns the reason that the queue shows for a job that failed with this error. The reason leaves out
 * the message of an error that is not Baton's own, because that message may quote a payload.
 */
export function getFailureReason(error: unknown): string {
  if (isAppError(error)) return `${error.code}: ${error.message}`;
  return `INTERNAL: ${error instanceof Error ? error.name : typeof error}`;
}
