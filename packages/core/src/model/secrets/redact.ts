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
};

function redactMcp(mcp: unknown): unknown {
  const servers = isObject(mcp) ? mcp['mcpServers'] : undefined;
  if (!isObject(servers)) return REDACTED;
  return { mcpServers: mapValues(servers, (server) => redactKeys(server, SERVER)) };
}

function redactSettings(settings: unknown): unknown {
  if (!isObject(settings)) return REDACTED;
  const named = redactNamed(settings) as Tree;
  return settings['env'] === undefined ? named : { ...named, env: redactValues(settings['env']) };
}

const CONFIG: Record<string, Redact> = {
  ...mapValues(sessionConfigSchema.shape, () => show),
  env: redactValues,
  mcp_config: redactMcp,
  settings: redactSettings,
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
 * servers. In URLs of MCP servers it hides credentials, query values and fragments. In settings and in arguments of MCP
 * servers it hides values with a secret's name, such as `token`. It keeps names, and it keeps `null`, because `null`
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
