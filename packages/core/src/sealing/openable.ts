import type { Governed } from '../model/policy/policy.ts';

/**
 * Replaces a text that may hold sealed values. `encode` escapes an opened value for its place in the text, for example
 * in a URL.
 */
export type MapOpenable = (
  text: string,
  field: string,
  encode: (value: string) => string,
) => string;

/** Returns a copy of the config in which `map` has replaced every text that may hold sealed values. */
export function mapOpenable<T extends Governed>(config: T, map: MapOpenable): T {
  const { env, settings, mcp_config } = config;
  const mapped = { env, settings, mcp_config };
  const changed = Object.entries(mapped).filter(([, value]) => value !== undefined);
  return {
    ...config,
    ...Object.fromEntries(changed.map(([key, value]) => [key, mapValue(value, key, map)])),
  };
}

function mapValue(value: unknown, field: string, map: MapOpenable): unknown {
  if (typeof value === 'string')
    return map(value, field, isUrl(field) ? encodeURIComponent : unchanged);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((item, index) => mapValue(item, `${field}.${index}`, map));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapValue(item, `${field}.${key}`, map)]),
  );
}

function isUrl(field: string): boolean {
  return /^mcp_config\.mcpServers\.[^.]+\.url$/.test(field);
}

function unchanged(value: string): string {
  return value;
}
