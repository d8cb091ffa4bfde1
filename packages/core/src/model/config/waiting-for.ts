// The words for waiting: what a queued session waits for, and whether a continue does.
import { z } from 'zod';

/** All that a session may wait for; whoever ends it enqueues the session, the reconciler where that died. */
const WAITS = ['budget', 'parent', 'concurrency_key'] as const;

/** What a queued session waits for: absent where it only waits for a worker, or for its time. */
export const waitingForSchema = z
  .enum(WAITS)
  .describe(
    'budget: a limit of its API key or of one of its tags is reached. parent: the session that it continues has not ended. concurrency_key: as many sessions of its key as may are under way.',
  );

/** What a continue does while its parent has not ended. */
export const onBusySchema = z
  .enum(['reject', 'enqueue', 'interrupt'])
  .describe(
    'While the session to continue has not ended: reject (default), wait for its end, or interrupt it and wait.',
  );

/** One of what a continue may do. */
export type OnBusy = z.infer<typeof onBusySchema>;

/** One of what a session may wait for. */
export type WaitingFor = z.infer<typeof waitingForSchema>;
