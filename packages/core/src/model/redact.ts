import type { MCPConfig, MCPServer } from './mcp-config.ts';
import type { SessionConfig } from './session-config.ts';

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

function redactValues(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((key) => [key, REDACTED]));
}

function redactUrl(url: string): string {
  if (!URL.canParse(url)) return REDACTED;
  const parsed = new URL(url);
  if (parsed.username) parsed.username = 'redacted';
  if (parsed.password) parsed.password = 'redacted';
  for (const key of [...parsed.searchParams.keys()]) parsed.searchParams.set(key, 'redacted');
  return parsed.href;
}

function redactServer(server: MCPServer): MCPServer {
  if ('command' in server) {
    return server.env ? { ...server, env: redactValues(server.env) } : server;
  }
  const url = redactUrl(server.url);
  return server.headers
    ? { ...server, url, headers: redactValues(server.headers) }
    : { ...server, url };
}

function redactMcp(mcp: MCPConfig): MCPConfig {
  const servers = Object.entries(mcp.mcpServers ?? {});
  return {
    mcpServers: Object.fromEntries(servers.map(([name, server]) => [name, redactServer(server)])),
  };
}

function redactSettings(settings: Record<string, unknown>): Record<string, unknown> {
  const env = settings['env'];
  return typeof env === 'object' && env !== null
    ? { ...settings, env: redactValues(env as Record<string, unknown>) }
    : settings;
}

/**
 * A config without its secrets: values of `env`, of `settings.env`, of MCP `env` and `headers`, and the
 * credentials and query values of MCP addresses. Names stay. Tolerates half a config.
 */
export function redactConfig<T extends { [K in keyof SessionConfig]?: unknown }>(config: T): T {
  const { env, mcp_config: mcp, settings } = config;
  return {
    ...config,
    ...(isObject(env) ? { env: redactValues(env) } : {}),
    ...(isObject(mcp) ? { mcp_config: safely(() => redactMcp(mcp as MCPConfig)) } : {}),
    ...(isObject(settings) ? { settings: redactSettings(settings) } : {}),
  };
}

/** A job payload without its secrets, for dashboards; also one that no schema has seen. */
export function redactJob(data: unknown): unknown {
  if (!isObject(data)) return REDACTED;
  const { config, overrides } = data;
  return {
    ...data,
    ...(config === undefined ? {} : { config: redactUnknown(config) }),
    ...(overrides === undefined ? {} : { overrides: redactUnknown(overrides) }),
  };
}

/** Every secret value of a config, so that free text can be cleared of them. */
export function secretsOf(config: SessionConfig): string[] {
  const servers = Object.values(config.mcp_config?.mcpServers ?? {});
  return [
    ...Object.values(config.env ?? {}),
    ...servers.flatMap((server) =>
      Object.values(('command' in server ? server.env : server.headers) ?? {}),
    ),
  ];
}

// Shorter values ("1", "true", "dev") are flags, and would blot out ordinary words.
const SECRET_MIN_LENGTH = 6;

/** The text with every given secret of six characters or more blotted out. */
export function redactText(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SECRET_MIN_LENGTH)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
}

function redactUnknown(config: unknown): unknown {
  return isObject(config) ? redactConfig(config) : REDACTED;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// A payload from elsewhere may have any shape: what cannot be redacted by parts is hidden whole.
function safely(redact: () => unknown): unknown {
  try {
    return redact();
  } catch {
    return REDACTED;
  }
}
