import { v5 } from 'uuid';
import type { SessionConfig } from '../model/config/session-config.ts';
import { splitRequest } from '../model/job/request.ts';
import type { Schedule } from '../model/schedules/schedule.ts';
import { defined } from '../model/schema/defined.ts';
import type { EnqueueOptions } from '../queue/job-builder.ts';

// Any UUID will do, as long as it stays.
const NAMESPACE = 'c9f0a9a2-6f0e-5c5b-8a51-3f1d4f7b0c63';

/** The id of the session that a firing launches: told twice, it is one session. */
export function firedSessionId(scheduleId: string, firing: Date): string {
  return v5(`${scheduleId} ${firing.getTime()}`, NAMESPACE);
}

/** The launch of a firing. One that waits for the last does so as one of a key, of which one runs at once. */
export function launchOfFiring(
  schedule: Pick<Schedule, 'id' | 'launch' | 'overlap' | 'api_key_id'>,
  firing: Date,
): { config: SessionConfig; options: EnqueueOptions } {
  const { config, options } = splitRequest(schedule.launch);
  const concurrency =
    schedule.overlap === 'enqueue'
      ? { concurrency_key: `schedule:${schedule.id}`, concurrency_limit: 1 }
      : {};
  return {
    config,
    options: {
      ...options,
      ...concurrency,
      id: firedSessionId(schedule.id, firing),
      schedule_id: schedule.id,
      ...defined({ api_key_id: schedule.api_key_id }),
    },
  };
}
