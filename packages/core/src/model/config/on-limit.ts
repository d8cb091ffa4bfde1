import { z } from 'zod';

/** What Baton does with a request that would exceed a limit. */
export const onLimitSchema = z
  .enum(['reject', 'wait'])
  .describe(
    'What Baton does if the session would exceed a limit of its API key or of one of its tags. `reject` (default) refuses the request; `wait` accepts it, and the session waits until the limit has room (`waiting_for: budget`).',
  );
