// Handles one firing of a schedule: launches a session, unless the schedule's last session still
// runs and the schedule skips overlaps.
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

/** The dependencies of a firing. */
export interface FireDeps {
  store: ScheduleStore;
  manager: Pick<SessionManager, 'getSession' | 'launchSession'>;
  clock: Pick<StoreClock, 'now'>;
  keys: Pick<KeyStore, 'find'>;
  log: Logger;
}

/** The result of a firing. `void`: the schedule is gone or disabled, or a later firing was already handled. */
export type FiringResult = 'launched' | 'skipped' | 'refused' | 'void';

/**
 * How long a launch may take, in milliseconds. If the worker dies, another worker repeats the launch within half of
 * this time.
 */
const LAUNCH_MS = 30_000;

// How many tries a firing gets. A try fails if the schedule changes during the try.
const MAX_ROUNDS = 5;

/**
 * Fires a schedule. Two calls for one firing make one session. Rejects if a store is unavailable;
 * the call may then be repeated. The schedule notes the session before the launch, so that only one
 * session is launched even if the worker dies between these two steps.
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
      deps.log.warn(
        { err: error, schedule_id: scheduleId },
        'disabled a schedule, because its API key was revoked',
      );
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
  throw new Error(
    `schedule ${scheduleId} could not be fired: it changed during each of ${MAX_ROUNDS} tries`,
  );
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
    // A refusal ends this firing, even a refusal by a limit. The next firing tries again. A session waits for a limit
    // only if its launch asks for it.
    if (!isAppError(error) || error.code === 'UNAVAILABLE') throw error;
    log.warn(
      { err: error, schedule_id: schedule.id },
      'the session of a firing was refused, the next firing tries again',
    );
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
    `the API key ${id} of this schedule was revoked: enable the schedule with another key`,
  );
}

async function isUnderWay({ manager, clock }: FireDeps, schedule: Schedule): Promise<boolean> {
  if (schedule.last_session_id === undefined) return false;
  try {
    return !isTerminal((await manager.getSession(schedule.last_session_id)).status);
  } catch (error) {
    if (!isAppError(error) || codeFacts(error.code).http !== 404) throw error;
    // The session may be noted but not launched yet. For as long as a launch may take, it counts as under way. After
    // that time, the session must have been deleted, or its worker died before the launch and no other worker took
    // over.
    const notedAt = schedule.noted?.at.getTime() ?? 0;
    return notedAt > (await clock.now()).getTime() - LAUNCH_MS;
  }
}
