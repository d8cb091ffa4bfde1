import type { SessionConfig } from '@baton/core/internal';
import { asObject } from './fields.ts';

// The CLI can log in with any of these. A login in the user's home does not help, because each run
// has its own config folder.
const CREDENTIALS = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_CUSTOM_HEADERS',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_MANTLE',
  'CLAUDE_CODE_USE_ANTHROPIC_AWS',
  'CLAUDE_CODE_USE_VERTEX',
  'CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD',
  'CLAUDE_CODE_USE_FOUNDRY',
];

/**
 * Returns whether an environment holds a credential with which the CLI can log in. Does not check
 * that the credential is valid.
 */
export function holdsCredential(env: Record<string, string | undefined>): boolean {
  return CREDENTIALS.some((name) => env[name] !== undefined && env[name] !== '');
}

/**
 * Returns whether a session brings its own account. The rate limits of that account affect no other
 * session.
 */
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
    return undefined; // the value is a path, or a text that the CLI will refuse
  }
}
