import { z } from 'zod';

/** What a request does that would go over a limit. */
export const onLimitSchema = z
  .enum(['reject', 'wait'])
  .describe(
    'Where it would go over a limit of its API key or of one of its tags: refuse it (default), or let it wait for room (`waiting_for: budget`).',
  );
