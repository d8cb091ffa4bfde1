import type { Session } from '@baton/core/internal';

/**
 * The session's prompt as the CLI is given it. Where the session has no slash commands, a text that begins
 * with a slash gets a space before it: then the CLI takes it for text, and the model sees the space too.
 */
export function promptTextOf({ query, config }: Pick<Session, 'query' | 'config'>): string {
  return config.slash_commands === false && query.startsWith('/') ? ` ${query}` : query;
}
