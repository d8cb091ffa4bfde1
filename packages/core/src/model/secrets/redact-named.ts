import { REDACTED } from './redacted.ts';
import { hideSealed } from './sealed-text.ts';
import { isSecretName, splitArg } from './secret-names.ts';

// Past this a program is at work, not a person; what lies deeper is hidden whole.
const MAX_DEPTH = 64;

/**
 * JSON in which every text, list and object under a name like `token` or `password` is hidden, at any
 * depth, and every sealed value wherever it stands.
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

/** Arguments of a program without the values of those named like a secret: `--token=x`, `--token x`, `TOKEN=x`. */
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
