/** The `$unset` of these fields; undefined where there are none, because an update may not hold an empty one. */
export function buildUnset(fields: readonly string[]): Record<string, ''> | undefined {
  return fields.length > 0
    ? Object.fromEntries(fields.map((key) => [key, ''] as const))
    : undefined;
}
