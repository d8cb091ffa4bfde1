import { agentSchema } from '../config/agent-config.ts';
import { MCP_OPTION_KEYS } from '../config/mcp-config.ts';
import { repositoryConfigSchema } from '../config/repository-config.ts';
import { type SessionConfig, sessionConfigSchema } from '../config/session-config.ts';
import { jobOptionsSchema } from '../config/session-options.ts';
import { redactArgs, redactNamed } from './redact-named.ts';
import { REDACTED } from './redacted.ts';
import { hideSealed } from './sealed-text.ts';

export { REDACTED } from './redacted.ts';

type Tree = Record<string, unknown>;
type Redact = (value: unknown) => unknown;

const show: Redact = (value) => value;

function redactValues(values: unknown): unknown {
  return isObject(values) ? mapValues(values, () => REDACTED) : REDACTED;
}

// A query value without a name may be the secret itself, as in "?sk-123".
function redactSearch(search: URLSearchParams): string {
  return [...search]
    .map(([name, value]) => (value === '' ? 'redacted' : `${encodeURIComponent(name)}=redacted`))
    .join('&');
}

function redactUrl(url: unknown): string {
  if (typeof url !== 'string' || !URL.canParse(url)) return REDACTED;
  const parsed = new URL(url);
  if (parsed.username) parsed.username = 'redacted';
  if (parsed.password) parsed.password = 'redacted';
  if (parsed.hash) parsed.hash = 'redacted';
  parsed.search = redactSearch(parsed.searchParams);
  return hideSealed(parsed.href);
}

const SERVER: Record<string, Redact> = {
  type: show,
  command: (command) => (typeof command === 'string' ? hideSealed(command) : command),
  args: redactArgs,
  env: redactValues,
  url: redactUrl,
  headers: redactValues,
  ...mapValues(Object.fromEntries(MCP_OPTION_KEYS.map((key) => [key, key])), () => show),
};

function redactMcp(mcp: unknown): unknown {
  const servers = isObject(mcp) ? mcp['mcpServers'] : undefined;
  return isObject(servers) ? { mcpServers: redactServers(servers) } : REDACTED;
}

function redactServers(servers: unknown): unknown {
  if (!isObject(servers)) return REDACTED;
  return mapValues(servers, (server) => redactKeys(server, SERVER));
}

const AGENT: Record<string, Redact> = {
  ...mapValues(agentSchema.shape, () => show),
  mcpServers: (servers) =>
    Array.isArray(servers)
      ? servers.map((entry) => (typeof entry === 'string' ? entry : redactServers(entry)))
      : REDACTED,
  hooks: (hooks) => redactNamed(hooks),
};

function redactAgents(agents: unknown): unknown {
  if (!isObject(agents)) return REDACTED;
  return mapValues(agents, (agent) => redactKeys(agent, AGENT));
}

function redactSettings(settings: unknown): unknown {
  if (!isObject(settings)) return REDACTED;
  const named = redactNamed(settings) as Tree;
  return settings['env'] === undefined ? named : { ...named, env: redactValues(settings['env']) };
}

// A URL with credentials is refused, but the payload of a job may be unparsed.
function redactRepositoryUrl(url: unknown): unknown {
  if (typeof url !== 'string') return REDACTED;
  const shown = url
    .replace(/^(https?:\/\/)[^/]*@/i, '$1redacted@')
    .replace(/^(ssh:\/\/[^/:@]*):[^/]*@/i, '$1:redacted@');
  return hideSealed(shown);
}

const CREDENTIALS: Record<string, Redact> = { username: show, ssh_known_hosts: show };

const WORKSPACE: Record<string, Redact> = {
  ...mapValues(repositoryConfigSchema.shape, () => show),
  path: show,
  url: redactRepositoryUrl,
  credentials: (credentials) => redactKeys(credentials, CREDENTIALS),
};

const CONFIG: Record<string, Redact> = {
  ...mapValues(sessionConfigSchema.shape, () => show),
  env: redactValues,
  mcp_config: redactMcp,
  agents: redactAgents,
  settings: redactSettings,
  workspace: (workspace) => redactKeys(workspace, WORKSPACE),
};

const JOB: Record<string, Redact> = {
  ...mapValues(jobOptionsSchema.shape, () => show),
  version: show,
  kind: show,
  id: show,
  run_id: show,
  created_at: show,
  parent_session_id: show,
  on_busy: show,
  // The API returns the caller's metadata unchanged, but more people may see a dashboard.
  metadata: redactNamed,
  config: (config) => redactKeys(config, CONFIG),
  overrides: (overrides) => redactKeys(overrides, CONFIG),
};

/**
 * Returns a config without its secrets. It hides the values of `env`, `settings.env` and the `env` and `headers` of MCP
 * servers, also those of agents. In URLs of MCP servers it hides credentials, query values and fragments. In settings and in arguments of MCP
 * servers it hides values with a secret's name, such as `token`. Of the credentials of a repository it hides all but the user name and the known hosts. It keeps names, and it keeps `null`, because `null`
 * reveals nothing.
 */
export function redactConfig<T extends { [K in keyof SessionConfig]?: unknown }>(config: T): T {
  return redactKeys(config, CONFIG) as T;
}

/**
 * Returns a job's payload without its secrets, for dashboards. The payload may be unparsed: the value of a key that
 * jobs do not have is hidden completely.
 */
export function redactJob(data: unknown): unknown {
  return redactKeys(data, JOB);
}

function redactKeys(value: unknown, rules: Record<string, Redact>): unknown {
  if (!isObject(value)) return REDACTED;
  return mapValues(value, (item, key) => {
    if (item === null || item === undefined) return item;
    const redact = Object.hasOwn(rules, key) ? rules[key] : undefined;
    return redact ? redact(item) : REDACTED;
  });
}

function mapValues<T>(values: object, map: (value: unknown, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value, key)]));
}

function isObject(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
