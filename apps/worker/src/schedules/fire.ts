// One firing of a schedule: a session is launched, unless the last one still runs and is not to be joined.
import {
  AppError,
  codeFacts,
  firedSessionId,
  isAppError,
  isTerminal,
  type KeyStore,
  type Logger,
  launchOfFiring,
  type Schedule,
  type ScheduleStore,
  type SessionManager,
  type StoreClock,
} from '@baton/core/internal';

/** What a firing works with. */
export interface FireDeps {
  store: ScheduleStore;
  manager: Pick<SessionManager, 'getSession' | 'launchSession'>;
  clock: Pick<StoreClock, 'now'>;
  keys: Pick<KeyStore, 'find'>;
  log: Logger;
}

/** What a firing came to; `void`: the schedule is gone, disabled, or was fired later already. */
export type FiringResult = 'launched' | 'skipped' | 'refused' | 'void';

/** How long a launch may take, in milliseconds; that of a worker that died begins anew within half of it. */
const LAUNCH_MS = 30_000;

// A firing that is noted while another is decided makes that one start again.
const MAX_ROUNDS = 5;

/**
 * Fires a schedule. Two calls for one firing make one session. Rejects where a store is away; the call may be
 * made again. The session is noted before it is launched, so a worker that dies in between leaves no second one.
 */
export async function fire(
  deps: FireDeps,
  scheduleId: string,
  firing: Date,
): Promise<FiringResult> {
  const { store } = deps;
  const id = firedSessionId(scheduleId, firing);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const schedule = await store.get(scheduleId);
    if (!schedule?.enabled || (schedule.last_fired_at ?? firing) > firing) return 'void';
    const key = schedule.api_key_id;
    if (key !== undefined && !(await isKeyValid(deps, key))) {
      const error = keyRevoked(key);
      if (!(await store.disable(schedule, error))) continue;
      deps.log.warn({ err: error, schedule_id: scheduleId }, 'a schedule was disabled');
      return 'refused';
    }
    const isNew = schedule.last_session_id !== id;
    if (isNew && schedule.overlap === 'skip' && (await isUnderWay(deps, schedule))) {
      await store.noteSkipped(scheduleId, firing);
      return 'skipped';
    }
    const noted = await store.noteFired(schedule, firing, id);
    if (noted) return launch(deps, noted, firing);
  }
  throw new Error(`schedule ${scheduleId}: ${MAX_ROUNDS} firings in a row were overtaken`);
}

async function launch(
  { store, manager, log }: FireDeps,
  schedule: Schedule,
  firing: Date,
): Promise<FiringResult> {
  const { config, options } = launchOfFiring(schedule, firing);
  try {
    await manager.launchSession(config, options);
    return 'launched';
  } catch (error) {
    // The next firing meets a limit anew: this one does not wait for it, unless its launch says so.
    if (!isAppError(error) || error.code === 'UNAVAILABLE') throw error;
    log.warn({ err: error, schedule_id: schedule.id }, 'a firing was refused');
    await store.noteRefused(schedule, error);
    return 'refused';
  }
}

async function isKeyValid({ keys }: FireDeps, id: string): Promise<boolean> {
  const stored = await keys.find(id);
  return stored !== null && stored.key.revoked_at === undefined;
}

function keyRevoked(id: string): AppError {
  return new AppError(
    'FORBIDDEN',
    `the API key ${id}, for which it fires, was revoked: enable it with another`,
  );
}

async function isUnderWay({ manager, clock }: FireDeps, schedule: Schedule): Promise<boolean> {
  if (schedule.last_session_id === undefined) return false;
  try {
    return !isTerminal((await manager.getSession(schedule.last_session_id)).status);
  } catch (error) {
    if (!isAppError(error) || codeFacts(error.code).http !== 404) throw error;
    // Not launched yet; or deleted, or noted by who died before the launch, of whom nobody took over.
    const notedAt = schedule.noted?.at.getTime() ?? 0;
    return notedAt > (await clock.now()).getTime() - LAUNCH_MS;
  }
}
