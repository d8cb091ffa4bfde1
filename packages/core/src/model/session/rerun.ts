import { AppError } from '../errors/app-error.ts';
import type { Session } from './session.ts';

/**
 * Throws SESSION_NOT_FOUND if there is no session to run again, and SESSION_NOT_RERUNNABLE if its
 * request was refused.
 */
export function checkRerunSource(id: string, source: Session | null): asserts source is Session {
  if (!source) throw new AppError('SESSION_NOT_FOUND', `no session ${id}`);
  if (!isRefused(source)) return;
  throw new AppError(
    'SESSION_NOT_RERUNNABLE',
    `the request of session ${id} was refused, so Baton has no complete config to run again`,
  );
}

// Of a refused job, only some valid fields are kept (model/job/refused-session.ts). Its config may
// lack an option that restricts the session.
function isRefused({ status, attempts, claude_session_id }: Session): boolean {
  return status === 'failed' && attempts.length === 0 && claude_session_id === undefined;
}
