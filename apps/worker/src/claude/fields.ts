// Reads values of unknown shape: the CLI's lines change between versions.

/** Returns the value if it is a plain object, else undefined. */
export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Returns the value if it is a list, else an empty list. */
export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns the value if it is a string, else undefined. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Returns the value if it is a finite number that is not negative, else undefined. */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/**
 * Returns the value as a date, or undefined. The value may be a number of seconds or milliseconds
 * since 1970, or a text.
 */
export function asDate(value: unknown): Date | undefined {
  const ms = typeof value === 'number' && value < 1e11 ? value * 1000 : value;
  if (typeof ms !== 'number' && typeof ms !== 'string') return undefined;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
