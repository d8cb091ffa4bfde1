import { type Logger, problemOf } from '@baton/core/internal';
import { type Job, UnrecoverableError } from 'bullmq';

/** Logs a job whose payload is none of its queue, once, and returns what fails it in the queue for that reason. */
export function badJob(job: Job, log: Logger): UnrecoverableError {
  const reason = problemOf(job.data) ?? 'data: expected the payload of a job of this queue';
  log.error({ job_id: job.id, queue: job.queueName, reason }, 'a job cannot be read; it fails');
  return new UnrecoverableError(`INVALID_REQUEST: ${reason}`);
}
