import { z } from 'zod';

// What Baton does with a session whose worker died: it resumes the session, restarts it, or lets it fail.
const CRASH_POLICIES = ['resume', 'restart', 'fail'] as const;

/** Schema of how often Baton tries a session again, and how it recovers the session after a crash. */
export const recoverySchema = z.strictObject({
  on_crash: z
    .enum(CRASH_POLICIES)
    .optional()
    .describe(
      'What Baton does after the worker of the session died: `resume` from the transcript (default), `restart` from the beginning, or `fail`.',
    ),
  max_crashes: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('How many times the worker may die before the session fails; default 3.'),
  max_retries: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'How many times Baton retries the session after a retryable failure; default 3. Crashes and hand-backs do not count as retries.',
    ),
});

/** How often Baton tries a session again, and how it recovers the session after a crash. */
export type Recovery = z.infer<typeof recoverySchema>;
