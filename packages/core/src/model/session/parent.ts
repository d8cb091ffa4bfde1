import { AppError } from '../errors/app-error.ts';
import { isResumable } from './info.ts';
import type { Session } from './session.ts';
import { isTerminal } from './status.ts';

/**
 * Throws if a session cannot be continued: PARENT_NOT_FOUND, SESSION_NOT_TERMINAL or PARENT_NOT_RESUMABLE. The worker
 * checks again before it runs the continue.
 */
export function checkParent(id: string, parent: Session | null): asserts parent is Session {
  const details = { field: 'parent_session_id' };
  if (!parent) {
    throw new AppError('PARENT_NOT_FOUND', `no session ${id} to continue`, { details });
  }
  if (!isTerminal(parent.status)) {
    throw new AppError(
      'SESSION_NOT_TERMINAL',
      `session ${id} is ${parent.status}; continue it once it has ended`,
      { details: { ...details, status: parent.status } },
    );
  }
  if (!isResumable(parent)) {
    throw new AppError('PARENT_NOT_RESUMABLE', `session ${id} has no transcript to resume`, {
      details,
    });
  }
}
