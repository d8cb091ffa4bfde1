import type { Agent } from '../model/config/agent-config.ts';
import type { Governed } from '../model/policy/policy.ts';
import { defined } from '../model/schema/defined.ts';

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
  const { env, settings, mcp_config, agents, workspace } = config;
  const mapped = { env, settings, mcp_config };
  const changed = Object.entries(mapped).filter(([, value]) => value !== undefined);
  return {
    ...config,
    ...Object.fromEntries(changed.map(([key, value]) => [key, mapValue(value, key, map)])),
    ...defined({
      agents: agents && mapAgents(agents, map),
      workspace: workspace && mapWorkspace(workspace, map),
    }),
  };
}

// Only the credentials of a repository are sealed.
function mapWorkspace<T extends { type: string }>(workspace: T, map: MapOpenable): T {
  const { credentials } = workspace as { credentials?: unknown };
  if (credentials === undefined) return workspace;
  return { ...workspace, credentials: mapValue(credentials, 'workspace.credentials', map) };
}

// Only these parts of an agent may hold secrets; a prompt is never opened.
function mapAgents(agents: Record<string, Agent>, map: MapOpenable): Record<string, unknown> {
  const entries = Object.entries(agents).map(([name, agent]) => {
    const { mcpServers, hooks } = agent;
    const parts = Object.entries({ mcpServers, hooks }).filter(([, value]) => value !== undefined);
    const opened = parts.map(([key, value]) => [
      key,
      mapValue(value, `agents.${name}.${key}`, map),
    ]);
    return [name, { ...agent, ...Object.fromEntries(opened) }];
  });
  return Object.fromEntries(entries);
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
  return /^(mcp_config\.mcpServers|agents\.[^.]+\.mcpServers\.\d+)\.[^.]+\.url$/.test(field);
}

function unchanged(value: string): string {
  return value;
}
