import { REDACTED } from './redacted.ts';

// Plural "tokens" counts something; a credential is one.
const SECRET_NAME =
  /secret|passw(or)?d|passphrase|credential|authorization|cookie|bearer|api[-_]?key|private[-_]?key|access[-_]?key|token(?!s)/i;

// Past this a program is at work, not a person; what lies deeper is hidden whole.
const MAX_DEPTH = 64;

/** JSON in which every text, list and object under a name like `token` or `password` is hidden, at any depth. */
export function redactNamed(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => redactNamed(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_NAME.test(key) && !isPlain(item) ? REDACTED : redactNamed(item, depth + 1),
    ]),
  );
}

/** Arguments of a program without the values of those named like a secret: `--token=x`, `--token x`, `TOKEN=x`. */
export function redactArgs(args: unknown): unknown {
  if (!Array.isArray(args)) return REDACTED;
  return args.map((arg, index) => {
    if (typeof arg !== 'string') return REDACTED;
    const [, name = '', sign = ''] = /^([^=:\s]+)([=:])/.exec(arg) ?? [];
    if (SECRET_NAME.test(name)) return `${name}${sign}${REDACTED}`;
    const before = args[index - 1];
    const isValue = typeof before === 'string' && /^-[^=\s]+$/.test(before) && !arg.startsWith('-');
    return isValue && SECRET_NAME.test(before) ? REDACTED : arg;
  });
}

function isPlain(item: unknown): boolean {
  return item === null || typeof item === 'number' || typeof item === 'boolean';
}
