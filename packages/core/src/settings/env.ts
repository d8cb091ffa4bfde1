import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';
import { issueMessage } from '../model/schema/issue-message.ts';
import { parseRange } from '../model/webhooks/webhook-address.ts';
import { defaultWorkRoot } from './default-work-root.ts';

/** Defaults that depend on other variables. */
const DERIVED: Record<string, (env: Record<string, string | undefined>) => string | undefined> = {
  CAPTURE_CACHE_DIR: () => join(tmpdir(), 'baton-captures'),
  WORK_ROOT: defaultWorkRoot,
};

/**
 * Parses settings from environment variables into a frozen object. Blank values count as absent. Throws INVALID_CONFIG,
 * which lists every invalid variable without its value.
 */
export function parseEnv<T extends z.ZodObject>(
  schema: T,
  env: Record<string, string | undefined>,
): Readonly<z.infer<T>> {
  const present = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in schema.shape && value?.trim() !== ''),
  );
  for (const [name, derive] of Object.entries(DERIVED)) {
    if (name in schema.shape) present[name] ??= derive(env);
  }
  const parsed = schema.safeParse(present, { error: issueMessage });
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('INVALID_CONFIG', `the settings are wrong\n  ${problems.join('\n  ')}`, {
    details: { problems },
    cause: parsed.error,
  });
}

/** Schema of a variable that holds a whole number from `min` to `max`. */
export function intVariable(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z.coerce
    .number({ error: expected })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, expected);
}

/**
 * Normalizes an absolute path in a variable. A relative path is refused, because it would depend on the directory in
 * which the process starts.
 */
export function absolutePath(path: string, context: z.RefinementCtx): string {
  if (!isAbsolute(path)) context.addIssue('expected an absolute path, got a relative one');
  return resolve(path);
}

/** Schema of a variable that holds a list separated by `separator`. Blank items are dropped. */
export function listVariable(separator: string) {
  return z.string().transform((value) =>
    value
      .split(separator)
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** Schema of a variable that holds IP addresses and CIDR ranges, separated by commas. Default: none. */
export function addressesVariable() {
  return listVariable(',')
    .transform((texts) => texts.map(parseRange))
    .refine(
      (ranges) => ranges.every((range) => range !== null),
      'expected IP addresses or CIDR ranges',
    )
    .transform((ranges) => ranges.filter((range) => range !== null))
    .default([]);
}
