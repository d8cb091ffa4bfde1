// The content of messages: from the request to the blocks that are stored.
import { createHash } from 'node:crypto';
import { contentUsesOf, textOfContent } from '../model/content/content.ts';
import type { ContentDraft } from '../model/content/content-draft.ts';
import type { Message, MessageRequest } from '../model/session/message.ts';
import type { MessagePriority } from '../model/session/message-priority.ts';
import type { FileStore } from '../store/file-store.ts';
import type { MessageStore, NewMessage } from '../store/message-store.ts';
import type { ContentAcceptance } from './content-acceptance.ts';

/** A message whose files are not stored yet. */
export interface DraftedMessage extends NewMessage {
  draft?: ContentDraft;
  tenant?: string;
}

/** Returns the prompt that a message is. */
export function promptOf(content: MessageRequest['content']) {
  return typeof content === 'string' ? { query: content } : { content };
}

/** Returns the hash of a message's blocks. A draft names its bytes by their hash, so equal requests have equal hashes. */
export function hashOf({ blocks }: ContentDraft): string {
  return createHash('sha256').update(JSON.stringify(blocks)).digest('hex');
}

/**
 * Returns the priority of a message. During a turn, the CLI gives the model only the texts and the pictures of a message
 * with the priority `next` (docs/claude-cli.md, section 15), so a message with a document waits for the end of the turn.
 */
export function priorityOf(
  { priority = 'next' }: MessageRequest,
  draft: ContentDraft | undefined,
): MessagePriority {
  const hasDocument = draft?.blocks.some(({ type }) => type === 'document');
  return priority === 'next' && hasDocument ? 'later' : priority;
}

/** Returns whether a stored message was made from the same request. */
export function isSameMessage(stored: Message, message: NewMessage): boolean {
  if (stored.priority !== message.priority) return false;
  if (stored.blocks_hash !== message.blocks_hash) return false;
  // The text that stands for blocks may have the names of files, which a draft does not have.
  return message.blocks_hash !== undefined || stored.content === message.content;
}

/**
 * Creates the function that stores and pins the files of a message, and returns the message as it is stored. A repeated
 * request gets the blocks of the earlier request, so that its bytes are not stored again. Throws like ContentAcceptance.
 */
export function createMessageFiles({
  messages,
  files,
  content,
}: {
  messages: Pick<MessageStore, 'get'>;
  files: Pick<FileStore, 'pin'>;
  content: ContentAcceptance;
}): (
  message: NewMessage,
  draft: ContentDraft | undefined,
  tenant: string | undefined,
) => Promise<NewMessage> {
  return async (message, draft, tenant) => {
    if (!draft) return message;
    const { id, session_id } = message;
    const earlier = await messages.get(session_id, id);
    if (earlier?.blocks && earlier.blocks_hash === message.blocks_hash) {
      return { ...message, content: earlier.content, blocks: earlier.blocks };
    }
    const blocks = await content.store(draft, tenant);
    await files.pin(contentUsesOf(blocks), { session_id, tenant });
    return { ...message, content: textOfContent(blocks), blocks };
  };
}
