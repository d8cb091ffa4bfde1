// One firing of a schedule: a session is launched, unless the last one still runs and is not to be joined.
import {
  codeFacts,
  firedSessionId,
  isAppError,
  isTerminal,
  type Logger,
  launchOfFiring,
  type Schedule,
  type ScheduleStore,
  type SessionManager,
} from '@baton/core';

/** What fires. */
export interface FireDeps {
  store: ScheduleStore;
  manager: Pick<SessionManager, 'getSession' | 'launchSession'>;
  log: Logger;
}

/** What a firing came to; `void`: the schedule is gone, disabled, or was fired later already. */
export type Fired = 'launched' | 'skipped' | 'refused' | 'void';

/**
 * Fires. Told twice, it is one session. Rejects where a store is away: then it may be told again. The
 * session is noted before it is launched, so that who dies between the two leaves no second one.
 */
export async function fire(deps: FireDeps, scheduleId: string, firing: Date): Promise<Fired> {
  const { store, manager, log } = deps;
  const schedule = await store.get(scheduleId);
  if (!schedule?.enabled) return 'void';
  const id = firedSessionId(scheduleId, firing);
  const before = schedule.last_session_id;
  if (schedule.overlap === 'skip' && before !== id && (await isUnderWay(deps, schedule))) {
    await store.noteSkipped(scheduleId, firing);
    return 'skipped';
  }
  const noted = await store.noteFired(scheduleId, firing, id);
  if (!noted) return 'void';
  const { config, options } = launchOfFiring(noted, firing);
  try {
    await manager.launchSession(config, options);
    return 'launched';
  } catch (error) {
    if (!isAppError(error) || codeFacts(error.code).retryable) throw error;
    log.warn({ err: error, schedule_id: scheduleId }, 'a firing was refused');
    await store.noteRefused(scheduleId, id, error, before);
    return 'refused';
  }
}

async function isUnderWay({ manager }: FireDeps, schedule: Schedule): Promise<boolean> {
  if (schedule.last_session_id === undefined) return false;
  try {
    return !isTerminal((await manager.getSession(schedule.last_session_id)).status);
  } catch (error) {
    // Deleted, or noted by who died before the launch.
    if (isAppError(error) && codeFacts(error.code).http === 404) return false;
    throw error;
  }
}
