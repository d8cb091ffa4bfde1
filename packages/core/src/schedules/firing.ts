import { v5 } from 'uuid';
import type { RequestConfig } from '../model/config/session-config.ts';
import { splitRequest } from '../model/job/request.ts';
import type { Schedule } from '../model/schedules/schedule.ts';
import { defined } from '../model/schema/defined.ts';
import type { EnqueueOptions } from '../queue/job-builder.ts';

// A fixed random UUID. It must never change, because the ids of fired sessions are derived from it.
const NAMESPACE = 'c9f0a9a2-6f0e-5c5b-8a51-3f1d4f7b0c63';

/** Returns the id of the session that a firing launches. The same firing always gives the same id. */
export function firedSessionId(scheduleId: string, firing: Date): string {
  return v5(`${scheduleId} ${firing.getTime()}`, NAMESPACE);
}

/**
 * Returns the launch of a firing. With overlap `enqueue`, the schedule's sessions share a concurrency key and run one
 * at a time.
 */
export function launchOfFiring(
  schedule: Pick<Schedule, 'id' | 'launch' | 'overlap' | 'api_key_id'>,
  firing: Date,
): { config: RequestConfig; options: EnqueueOptions } {
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
