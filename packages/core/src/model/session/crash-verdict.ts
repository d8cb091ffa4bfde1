import type { Recovery } from '../config/recovery.ts';
import type { FailureFacts } from './outcome.ts';
import type { Session } from './session.ts';

/** A recovery in which every field is set. */
export type EveryRecovery = { [K in keyof Recovery]-?: NonNullable<Recovery[K]> };

/** Returns the recovery of a session with the defaults filled in. */
export function recoveryOf({ config }: Pick<Session, 'config'>): EveryRecovery {
  const { on_crash = 'resume', max_crashes = 3, max_retries = 3 } = config.recovery ?? {};
  return { on_crash, max_crashes, max_retries };
}

/**
 * Returns the failure of a session that has just lost its worker, or null if Baton tries the
 * session again.
 */
export function crashVerdict(session: Session): FailureFacts | null {
  const { on_crash, max_crashes } = recoveryOf(session);
  const crashes = session.counts.crashes + 1;
  if (on_crash === 'fail') {
    return crashed('its worker died, and recovery.on_crash is fail');
  }
  if (crashes > max_crashes) {
    return crashed(`its worker died ${crashes} times; recovery.max_crashes is ${max_crashes}`);
  }
  return null;
}

function crashed(message: string): FailureFacts {
  return { code: 'CRASHED', message, retryable: false };
}
