// JSON that would not come back as it was sent: it is refused, never changed in silence.

/** What is wrong with a part of a value, and where: the keys that lead there. */
export interface Fault {
  path: readonly string[];
  message: string;
}

/**
 * The first part of a value that JSON, MongoDB or JavaScript would change on the way: half of a surrogate
 * pair, a number that is not kept exactly, the key `__proto__`. Null where all is kept. The value must not
 * be deeper than the stack; numbers that lost digits before they came here cannot be seen.
 */
export function findFault(value: unknown): Fault | null {
  if (typeof value === 'string') return value.isWellFormed() ? null : fault(HALF_PAIR);
  if (typeof value === 'number') return isKept(value) ? null : fault(NOT_EXACT);
  if (!isObject(value)) return null;
  for (const key of Object.keys(value)) {
    const part: unknown = (value as Record<string, unknown>)[key];
    if (key === '__proto__') return fault(PROTOTYPE, key);
    if (key === 'constructor' && isObject(part) && Object.hasOwn(part, 'prototype')) {
      return fault(PROTOTYPE, key, 'prototype');
    }
    if (!key.isWellFormed()) return fault(HALF_PAIR, key);
    const inner = findFault(part);
    if (inner) return { ...inner, path: [key, ...inner.path] };
  }
  return null;
}

const PROTOTYPE = 'expected no such key';

const HALF_PAIR = 'expected whole characters, got half of a surrogate pair';

const NOT_EXACT =
  'expected a number that is kept exactly, from -(2^53 - 1) to 2^53 - 1; send others as a string';

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isKept(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER && !Object.is(value, -0);
}

function fault(message: string, ...path: string[]): Fault {
  return { path, message };
}
