// Readers for values that nobody promised: the CLI's lines change shape between versions.

/** The value as a plain object, or undefined for everything else. */
export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The value as a list; everything else is an empty one. */
export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a string, or undefined. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value as a finite number that is not negative, or undefined. */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** The value as a moment: a number of seconds or milliseconds since 1970, or a date in text. */
export function asDate(value: unknown): Date | undefined {
  const ms = typeof value === 'number' && value < 1e11 ? value * 1000 : value;
  if (typeof ms !== 'number' && typeof ms !== 'string') return undefined;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
