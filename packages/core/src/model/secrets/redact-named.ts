import { REDACTED } from './redacted.ts';
import { hideSealed } from './sealed-text.ts';
import { isSecretName, splitArg } from './secret-names.ts';

// Deeper JSON comes from programs, not from people. It is hidden completely.
const MAX_DEPTH = 64;

/**
 * Returns a copy of JSON that hides every text, list and object under a name such as `token` or `password`, at any
 * depth. It also hides every sealed value, whatever its name.
 */
export function redactNamed(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return hideSealed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => redactNamed(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      isSecretName(key) && !isPlain(item) ? REDACTED : redactNamed(item, depth + 1),
    ]),
  );
}

/**
 * Hides the values of a program's arguments if the arguments have a secret's name: `--token=x`, `--token x`, `TOKEN=x`.
 */
export function redactArgs(args: unknown): unknown {
  if (!Array.isArray(args)) return REDACTED;
  return args.map((arg, index) => {
    if (typeof arg !== 'string') return REDACTED;
    const { shown, secret } = splitArg(arg, args[index - 1]);
    return secret === undefined ? hideSealed(arg) : `${shown}${REDACTED}`;
  });
}

function isPlain(item: unknown): boolean {
  return item === null || typeof item === 'number' || typeof item === 'boolean';
}
