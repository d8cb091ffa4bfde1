import type { ContinueSessionConfig } from '../model/continue-config.ts';
import { newId } from '../model/id.ts';
import { continueJobSchema, type Job, launchJobSchema } from '../model/job.ts';
import { parseInput } from '../model/parse-input.ts';
import type { SessionConfig } from '../model/session-config.ts';
import type { JobOptions } from '../model/session-options.ts';
import type { SessionQueue } from './session-queue.ts';

/** What a producer can know of a session that it enqueued. */
export interface Enqueued {
  id: string;
  run_id: string;
  status: 'queued';
}

/** Options of one session; `id` (a UUID) makes saying the same thing twice one session. */
export type EnqueueOptions = JobOptions & { id?: string };

/** The two verbs of a service that has Redis alone. */
export interface Producer {
  /** Enqueues a new session. Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE, UNAVAILABLE. */
  launchSession(config: SessionConfig, options?: EnqueueOptions): Promise<Enqueued>;
  /**
   * Enqueues a session that continues another. Throws like launchSession; a parent that is missing or
   * cannot be resumed is found by the worker, which ends the session as failed.
   */
  continueSession(request: ContinueSessionConfig, options?: EnqueueOptions): Promise<Enqueued>;
}

/** The job of a launch, checked; throws INVALID_REQUEST naming the field. */
export function launchJob(config: SessionConfig, options: EnqueueOptions = {}): Job {
  return parseInput(launchJobSchema, { ...envelope(options), kind: 'launch', config });
}

/** The job of a continue, checked; throws INVALID_REQUEST naming the field. */
export function continueJob(request: ContinueSessionConfig, options: EnqueueOptions = {}): Job {
  const { parent_session_id, ...overrides } = request;
  return parseInput(continueJobSchema, {
    ...envelope(options),
    kind: 'continue',
    parent_session_id,
    overrides,
  });
}

function envelope(options: EnqueueOptions) {
  const id = options.id ?? newId();
  return { version: 1, run_id: newId(), created_at: new Date().toISOString(), ...options, id };
}

/** The verbs over a queue that is open already. */
export function producerOn(queue: Pick<SessionQueue, 'add'>): Producer {
  async function enqueue(job: Job): Promise<Enqueued> {
    await queue.add(job);
    return { id: job.id, run_id: job.run_id ?? job.id, status: 'queued' };
  }
  return {
    launchSession: async (config, options) => enqueue(launchJob(config, options)),
    continueSession: async (request, options) => enqueue(continueJob(request, options)),
  };
}
