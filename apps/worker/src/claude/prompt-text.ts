import type { Session } from '@baton/core/internal';

/**
 * Returns the session's prompt as the CLI gets it. If `slash_commands` is off, a prompt that begins
 * with a slash gets a space before it, so that the CLI reads it as text (docs/claude-cli.md,
 * section 14). The model sees the space too.
 */
export function promptTextOf({ query, config }: Pick<Session, 'query' | 'config'>): string {
  return config.slash_commands === false && query.startsWith('/') ? ` ${query}` : query;
}
