/** What the queue does with a job that a worker processed. */
export type JobOutcome<Result> =
  /** The job has ended, with this result. */
  | { kind: 'done'; result: Result }
  /** The job fails in the queue for this reason; BullMQ does not try it again. */
  | { kind: 'fail'; reason: string }
  /** The job is processed again, by any worker, at `until` (milliseconds on this machine's clock). */
  | { kind: 'delay'; until: number }
  /** The job goes back to the queue, for another worker to process at once. */
  | { kind: 'requeue' };
