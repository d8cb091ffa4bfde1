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
