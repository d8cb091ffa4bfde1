// The parts of a config that bring MCP servers or hooks: `mcp_config` and `settings`, and each agent.
import type { Agent } from '../config/agent-config.ts';
import type { MCPServer } from '../config/mcp-config.ts';
import { recordOf } from '../schema/json-parts.ts';
import type { Governed } from './policy.ts';

/** A part of a config, and its dotted path. */
export interface Part<T> {
  field: string;
  value: T;
}

/** Returns the agents of a config. */
export function agentsOf(config: Governed): Part<Agent>[] {
  return Object.entries(config.agents ?? {}).map(([name, value]) => ({
    field: `agents.${name}`,
    value,
  }));
}

/** Returns the MCP servers of a config: those of `mcp_config`, and those that agents define for themselves. */
export function serversOf(config: Governed): Part<MCPServer>[] {
  const shared = namedServers('mcp_config.mcpServers', config.mcp_config?.mcpServers ?? {});
  return [...shared, ...agentsOf(config).flatMap(serversOfAgent)];
}

/** Returns the MCP servers that an agent defines for itself. */
export function serversOfAgent({ field, value }: Part<Agent>): Part<MCPServer>[] {
  return (value.mcpServers ?? []).flatMap((entry, index) =>
    typeof entry === 'string' ? [] : namedServers(`${field}.mcpServers.${index}`, entry),
  );
}

/** Returns the objects of a config that hold hooks: `settings.hooks`, and the `hooks` of agents. */
export function hookListsOf(config: Governed): Part<Record<string, unknown>>[] {
  const ofAgents = agentsOf(config).map(({ field, value }) => ({
    field: `${field}.hooks`,
    value: recordOf(value.hooks),
  }));
  return [{ field: 'settings.hooks', value: recordOf(config.settings?.['hooks']) }, ...ofAgents];
}

function namedServers(field: string, servers: Record<string, MCPServer>): Part<MCPServer>[] {
  return Object.entries(servers).map(([name, value]) => ({ field: `${field}.${name}`, value }));
}
