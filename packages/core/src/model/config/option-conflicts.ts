// Some pairs of options say the same thing. A request that uses both options of a pair is refused,
// because neither has precedence.
import type { z } from 'zod';
import type { SessionConfig } from './session-config.ts';
import { DELAY_MAX_MS } from './session-options.ts';

interface Timing {
  delay_ms?: number | undefined;
  run_at?: string | undefined;
  not_before?: string | undefined;
}

interface Tries {
  attempts?: number | undefined;
}

/** The keys of a config, or of the overrides of a continue, that another key may contradict. */
type Contradictable = {
  [Key in 'recovery' | 'working_dir' | 'workspace']?: SessionConfig[Key] | null | undefined;
};

/**
 * Returns a function for zod's `superRefine` that checks the options and the config of a request or
 * a job. `configOf` returns the config (or the overrides) of the checked value, and `path` is where
 * it lies in the value; default: the value itself.
 */
export function checkOptionConflicts<T extends Timing & Tries>(
  configOf: (value: T) => Contradictable,
  path: readonly string[] = [],
): (value: T, context: z.RefinementCtx) => void {
  return (value, context) => {
    const { delay_ms, run_at, not_before, attempts } = value;
    const { recovery, working_dir, workspace } = configOf(value);
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
    if (attempts !== undefined && recovery?.max_retries !== undefined) {
      refuse('attempts', 'expected attempts or recovery.max_retries, not both');
    }
    if (isSet(working_dir) && isSet(workspace)) {
      context.addIssue({
        code: 'custom',
        path: [...path, 'workspace'],
        message: 'expected working_dir or workspace, not both',
      });
    }
  };
}

// In the overrides of a continue, null clears an inherited value.
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
