// The parts of a config that may hold secrets. Baton seals these parts, and redact.ts hides them.
import type { Agent } from '../config/agent-config.ts';
import type { MCPServer } from '../config/mcp-config.ts';
import type { Governed } from '../policy/policy.ts';
import { defined } from '../schema/defined.ts';
import { isSecretName, splitArg } from './secret-names.ts';

// What of `workspace.credentials` everybody may read.
const PUBLIC_CREDENTIALS: ReadonlySet<string> = new Set(['username', 'ssh_known_hosts']);

/** Replaces a secret with another text; `field` is its path in error messages. */
export type MapSecret = (secret: string, field: string) => string;

/** Returns a copy of the config in which `map` has replaced every secret that is not empty. */
export function mapSecrets<T extends Governed>(config: T, map: MapSecret): T {
  const { env, settings, mcp_config, workspace, agents } = config;
  const mapped: Governed = defined({
    env: env && mapTexts(env, 'env', map),
    settings: settings && mapSettings(settings, map),
    mcp_config: mcp_config && {
      mcpServers: mapServers(mcp_config.mcpServers, 'mcp_config.mcpServers', map),
    },
    agents: agents && mapAgents(agents, map),
    workspace: workspace && mapWorkspace(workspace, map),
  });
  return { ...config, ...mapped };
}

function mapWorkspace<T extends { type: string }>(workspace: T, map: MapSecret): T {
  const { credentials } = workspace as { credentials?: Record<string, string> };
  if (workspace.type !== 'git' || !credentials) return workspace;
  const mapped = mapEntries(credentials, (value, key) =>
    PUBLIC_CREDENTIALS.has(key) ? value : mapText(value, `workspace.credentials.${key}`, map),
  );
  return { ...workspace, credentials: mapped };
}

function mapTexts<T extends object>(texts: T, field: string, map: MapSecret): T {
  return mapEntries(texts, (value, key) => mapText(value, `${field}.${key}`, map)) as T;
}

function mapSettings<T extends object>(settings: T, map: MapSecret): T {
  return mapEntries(settings, (value, key) =>
    mapNamed(value, `settings.${key}`, map, key === 'env' || isSecretName(key)),
  ) as T;
}

// Every text under a secret's name is a secret.
function mapNamed(value: unknown, field: string, map: MapSecret, isSecret: boolean): unknown {
  if (typeof value !== 'object' || value === null)
    return isSecret ? mapText(value, field, map) : value;
  const mapItem = (item: unknown, key: string) =>
    mapNamed(item, `${field}.${key}`, map, isSecret || isSecretName(key));
  if (Array.isArray(value)) return value.map((item, index) => mapItem(item, String(index)));
  return mapEntries(value, mapItem);
}

function mapAgents(agents: Record<string, Agent>, map: MapSecret): Record<string, Agent> {
  return mapEntries(agents, (agent, name) =>
    mapAgent(agent as Agent, `agents.${name}`, map),
  ) as Record<string, Agent>;
}

// An agent has its own MCP servers and hooks. Its other keys hold no secret.
function mapAgent(agent: Agent, field: string, map: MapSecret): Agent {
  const { mcpServers, hooks } = agent;
  const servers = mcpServers?.map((entry, index) =>
    typeof entry === 'string' ? entry : mapServers(entry, `${field}.mcpServers.${index}`, map),
  );
  const mapped = hooks && (mapNamed(hooks, `${field}.hooks`, map, false) as typeof hooks);
  return { ...agent, ...defined({ mcpServers: servers, hooks: mapped }) };
}

function mapServers(
  servers: Record<string, MCPServer>,
  field: string,
  map: MapSecret,
): Record<string, MCPServer> {
  return mapEntries(servers, (server, name) =>
    mapServer(server as MCPServer, `${field}.${name}`, map),
  ) as Record<string, MCPServer>;
}

function mapServer(server: MCPServer, field: string, map: MapSecret): MCPServer {
  if ('command' in server) {
    const { args, env } = server;
    return {
      ...server,
      ...defined({
        args: args && mapArgs(args, `${field}.args`, map),
        env: env && mapTexts(env, `${field}.env`, map),
      }),
    };
  }
  const { url, headers } = server;
  return {
    ...server,
    url: mapUrl(url, `${field}.url`, map),
    ...defined({ headers: headers && mapTexts(headers, `${field}.headers`, map) }),
  };
}

function mapArgs(args: readonly string[], field: string, map: MapSecret): string[] {
  return args.map((arg, index) => {
    const { shown, secret } = splitArg(arg, args[index - 1]);
    return secret ? `${shown}${map(secret, `${field}.${index}`)}` : arg;
  });
}

// Maps the credentials, query values and the fragment. A query value without a name may be the secret: "?sk-123".
function mapUrl(url: string, field: string, map: MapSecret): string {
  const parsed = new URL(url);
  const { username, password, hash, search } = parsed;
  const mapPart = (part: string) =>
    part === '' ? '' : encodeURIComponent(map(decodePart(part), field));
  if (username) parsed.username = mapPart(username);
  if (password) parsed.password = mapPart(password);
  if (hash) parsed.hash = mapPart(hash.slice(1));
  if (search) {
    parsed.search = search
      .slice(1)
      .split('&')
      .map((pair) => {
        const [, name = '', value = ''] = /^([^=]*=)?(.*)$/s.exec(pair) ?? [];
        return `${name}${mapPart(value.replaceAll('+', ' '))}`;
      })
      .join('&');
  }
  return username || password || hash || search ? parsed.href : url;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A single "%" is not an escape and stays as it is.
    return part;
  }
}

function mapText(value: unknown, field: string, map: MapSecret): unknown {
  return typeof value === 'string' && value !== '' ? map(value, field) : value;
}

function mapEntries(value: object, map: (item: unknown, key: string) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item, key)]));
}
