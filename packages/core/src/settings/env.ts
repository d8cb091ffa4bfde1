import { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';
import { issueMessage } from '../model/schema/issue-message.ts';
import { defaultWorkRoot } from './default-work-root.ts';

/** Defaults that are made from other variables. */
const DERIVED: Record<string, (env: Record<string, string | undefined>) => string | undefined> = {
  WORK_ROOT: defaultWorkRoot,
};

/**
 * Settings from environment variables, frozen. Blank values count as absent. Throws INVALID_CONFIG that
 * lists every variable that is wrong, without its value.
 */
export function parseEnv<T extends z.ZodObject>(
  schema: T,
  env: Record<string, string | undefined>,
): Readonly<z.infer<T>> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in schema.shape && value?.trim() !== ''),
  );
  for (const [name, derive] of Object.entries(DERIVED)) {
    if (name in schema.shape) given[name] ??= derive(env);
  }
  const parsed = schema.safeParse(given, { error: issueMessage });
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('INVALID_CONFIG', `the settings are wrong\n  ${problems.join('\n  ')}`, {
    details: { problems },
    cause: parsed.error,
  });
}

/** A whole number in a variable, between `min` and `max`. */
export function intVariable(min: number, max: number) {
  return z.coerce
    .number({ error: 'expected a number' })
    .int('expected a whole number')
    .min(min)
    .max(max);
}

/** A list in a variable, separated by `separator`; blanks are dropped. */
export function listVariable(separator: string) {
  return z.string().transform((value) =>
    value
      .split(separator)
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}
