import type { Info } from './api-types.ts';
import { isBatonError } from './baton-error.ts';
import type { Caller } from './call.ts';
import type { CallOptions } from './options.ts';
import { sessionPath } from './session-path.ts';

/**
 * Cancels or interrupts a session. If the first answer was lost and the repeated call finds that
 * the session was already stopped, the call succeeds.
 */
export async function stopSession(
  call: Caller,
  kind: 'cancel' | 'interrupt',
  id: string,
  options?: CallOptions,
): Promise<Info> {
  const path = sessionPath(id);
  try {
    const stop = { method: 'POST', path: `${path}/${kind}`, isRepeatable: true } as const;
    return (await call(stop, options)).body as Info;
  } catch (error) {
    const hasEnded = isBatonError(error) && error.code === 'SESSION_TERMINAL';
    if (!hasEnded || error.attempts === 1) throw error;
    const info = (await call({ method: 'GET', path, isRepeatable: true }, options)).body as Info;
    const isStopped = info.status === 'cancelled' || info.stopped_by === kind;
    if (!isStopped) throw error;
    return info;
  }
}
