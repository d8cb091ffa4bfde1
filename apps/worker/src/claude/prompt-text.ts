import type { Session, SessionConfig } from '@baton/core/internal';

/** Returns the session's prompt as the CLI gets it. */
export function promptTextOf({ query, config }: Pick<Session, 'query' | 'config'>): string {
  return asUserText(query, config);
}

/**
 * Returns the text of a prompt or a message as the CLI gets it. If `slash_commands` is off, a text
 * that begins with a slash gets a space before it, so that the CLI reads it as text
 * (docs/claude-cli.md, section 14). The model sees the space too.
 */
export function asUserText(
  text: string,
  { slash_commands }: Pick<SessionConfig, 'slash_commands'>,
): string {
  return slash_commands === false && text.startsWith('/') ? ` ${text}` : text;
}
