import type { MCPServer } from './mcp-config.ts';
import { REDACTED } from './redact.ts';
import type { SessionConfig } from './session-config.ts';

// Shorter values ("1", "true", "dev") are flags, and would blot out ordinary words.
const SECRET_MIN_LENGTH = 6;

/** Every secret value of a config, so that free text can be cleared of them. */
export function secretsOf(config: SessionConfig): string[] {
  const servers = Object.values(config.mcp_config?.mcpServers ?? {});
  return [
    ...Object.values(config.env ?? {}),
    ...texts(config.settings?.['env']),
    ...servers.flatMap(secretsOfServer),
  ];
}

function secretsOfServer(server: MCPServer): string[] {
  if ('command' in server) return Object.values(server.env ?? {});
  const { username, password, searchParams } = new URL(server.url);
  return [
    // "Bearer <token>": a message may tell the token alone.
    ...Object.values(server.headers ?? {}).flatMap((value) => [value, ...value.split(/\s+/)]),
    ...[username, password].map(decoded),
    ...searchParams.values(),
  ];
}

/** The text with every given secret of six characters or more blotted out. */
export function redactText(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SECRET_MIN_LENGTH)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
}

function texts(values: unknown): string[] {
  return typeof values === 'object' && values !== null
    ? Object.values(values).filter((value) => typeof value === 'string')
    : [];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone "%" is taken as it stands.
    return part;
  }
}
