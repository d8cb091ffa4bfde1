/**
 * Returns the `$unset` of these fields. Returns undefined if there are none, because an update must
 * not hold an empty `$unset`.
 */
export function buildUnset(fields: readonly string[]): Record<string, ''> | undefined {
  return fields.length > 0
    ? Object.fromEntries(fields.map((key) => [key, ''] as const))
    : undefined;
}
