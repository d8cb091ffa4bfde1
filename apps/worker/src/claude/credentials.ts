import type { SessionConfig } from '@baton/core/internal';
import { asObject } from './fields.ts';

// By any of these the CLI can log in; what it keeps in its home is of no use to a run, which has one of its own.
const CREDENTIALS = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_CUSTOM_HEADERS',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_MANTLE',
  'CLAUDE_CODE_USE_VERTEX',
  'CLAUDE_CODE_USE_FOUNDRY',
];

/** Says whether an environment holds something by which the CLI can log in; whether it is right nobody asks. */
export function holdsCredential(env: Record<string, string | undefined>): boolean {
  return CREDENTIALS.some((name) => env[name] !== undefined && env[name] !== '');
}

/** Says whether a session brings the account that it runs on: its limits are then no other session's. */
export function bringsAccount({ env, settings }: Pick<SessionConfig, 'env' | 'settings'>): boolean {
  const inSettings = asObject(typeof settings === 'string' ? parsed(settings) : settings);
  const environments = [env, asObject(inSettings?.['env'])];
  return (
    inSettings?.['apiKeyHelper'] !== undefined ||
    environments.some((one) => one?.['ANTHROPIC_BASE_URL'] || holdsCredential(asTexts(one)))
  );
}

function asTexts(values: Record<string, unknown> = {}): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value ? 'there' : undefined]),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a path, or what the CLI will refuse
  }
}
