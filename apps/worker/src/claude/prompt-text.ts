import {
  type ContentBlock,
  isFileBlock,
  type Session,
  type SessionConfig,
} from '@baton/core/internal';

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

/**
 * Returns blocks as the CLI gets them. None of their texts is a slash command: the CLI would run the last one, and drop
 * the pictures (docs/claude-cli.md, section 15).
 */
export function asUserBlocks(blocks: readonly ContentBlock[]): ContentBlock[] {
  return blocks.map((block) =>
    isFileBlock(block)
      ? block
      : { ...block, text: asUserText(block.text, { slash_commands: false }) },
  );
}
