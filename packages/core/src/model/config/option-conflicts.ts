// Some pairs of options say the same thing. A request that uses both options of a pair is refused,
// because neither has precedence.
import type { z } from 'zod';
import type { Recovery } from './recovery.ts';
import { DELAY_MAX_MS } from './session-options.ts';

interface Timing {
  delay_ms?: number | undefined;
  run_at?: string | undefined;
  not_before?: string | undefined;
}

interface Tries {
  attempts?: number | undefined;
}

/**
 * Returns a function for zod's `superRefine` that checks the options of a request or a job.
 * `recoveryOf` reads `recovery` from the config of the checked value.
 */
export function checkOptionConflicts<T extends Timing & Tries>(
  recoveryOf: (value: T) => Recovery | null | undefined,
): (value: T, context: z.RefinementCtx) => void {
  return (value, context) => {
    const { delay_ms, run_at, not_before, attempts } = value;
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (delay_ms !== undefined) {
      if (run_at !== undefined) refuse('run_at', 'expected delay_ms or run_at, not both');
      if (not_before !== undefined)
        refuse('not_before', 'expected delay_ms or not_before, not both');
    }
    if (run_at !== undefined && Date.parse(run_at) > Date.now() + DELAY_MAX_MS) {
      refuse('run_at', 'expected a time at most 366 days ahead');
    }
    if (attempts !== undefined && recoveryOf(value)?.max_retries !== undefined) {
      refuse('attempts', 'expected attempts or recovery.max_retries, not both');
    }
  };
}
