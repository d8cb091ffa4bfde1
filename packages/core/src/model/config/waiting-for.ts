// What a queued session waits for, and what a continue does while its parent is busy.
import { z } from 'zod';

/**
 * Everything that a session may wait for. The process that ends the wait enqueues the session. If that process
 * dies first, the reconciler enqueues it.
 */
const WAITS = ['budget', 'parent', 'concurrency_key'] as const;

/** Schema of what a queued session waits for; absent if it waits only for a worker or for its start time. */
export const waitingForSchema = z
  .enum(WAITS)
  .describe(
    'What the session waits for. `budget`: a limit of its API key or of one of its tags is reached. `parent`: the session that it continues has not ended. `concurrency_key`: too many sessions with its key are in progress.',
  );

/** Schema of what a continue does while its parent has not ended. */
export const onBusySchema = z
  .enum(['reject', 'enqueue', 'interrupt'])
  .describe(
    'What the continue does if its parent has not ended: `reject` (default) refuses it, `enqueue` waits for the parent, `interrupt` interrupts the parent and then waits for it.',
  );

/** What a continue does while its parent has not ended. */
export type OnBusy = z.infer<typeof onBusySchema>;

/** What a queued session waits for. */
export type WaitingFor = z.infer<typeof waitingForSchema>;
