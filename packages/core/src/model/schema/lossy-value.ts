// Values that would change on the way through JSON, MongoDB or JavaScript. Baton refuses them instead of changing them.

/** What is wrong with a part of a value, and the path of keys to this part. */
export interface Fault {
  path: readonly string[];
  message: string;
}

/**
 * Returns the first part of a value that JSON, MongoDB or JavaScript would change. Such a part is
 * half of a surrogate pair, a number that is not stored exactly, or the key `__proto__`. Returns
 * null if the value has no such part. The function is recursive, so check the depth of the value
 * first. It cannot see that a number lost digits when it was parsed.
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

const PROTOTYPE = 'expected no key that changes a prototype; rename this key';

const HALF_PAIR = 'expected whole characters, got half of a surrogate pair';

const NOT_EXACT =
  'expected a number from -(2^53 - 1) to 2^53 - 1, which can be stored exactly; send others as a string';

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isKept(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER && !Object.is(value, -0);
}

function fault(message: string, ...path: string[]): Fault {
  return { path, message };
}
