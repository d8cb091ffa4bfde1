import { findProblem, type Logger } from '@baton/core/internal';
import type { Job } from 'bullmq';
import type { JobOutcome } from './job-outcome.ts';

/** Logs that a job's payload does not fit its queue, and returns the outcome that fails the job for that reason. */
export function failBadJob(job: Job, log: Logger): JobOutcome<never> {
  const reason = findProblem(job.data) ?? 'data: expected the payload of a job of this queue';
  const facts = { job_id: job.id, queue: job.queueName, reason };
  log.error(facts, 'the payload of a job is invalid, failing the job');
  return { kind: 'fail', reason: `INVALID_REQUEST: ${reason}` };
}
