import { z } from 'zod';
import type { ContentBlock } from '../content/content.ts';
import { cutText } from '../schema/cut-text.ts';
import { defined } from '../schema/defined.ts';

// A MongoDB document holds at most 16 MiB, and a page holds many events. `raw_bytes` shows that a line was cut.
const RAW_MAX_BYTES = 1024 * 1024;

/** Schema of one line of stream-json as Baton stores it. */
const eventSchema = z.object({
  session_id: z.string(),
  seq: z.int().positive(),
  attempt: z.int().positive(),
  fence: z.int().positive(),
  type: z.string(),
  subtype: z.string().optional(),
  created_at: z.date(),
  raw: z.string().describe('The line as the CLI printed it, cut at 1 MiB.'),
  raw_bytes: z
    .int()
    .optional()
    .describe('The length of the whole line in bytes; present only if `raw` was cut.'),
});

/** One line of stream-json as it is stored. */
export type Event = z.infer<typeof eventSchema>;

/** Schema of an event as queries return it. */
export const eventViewSchema = z.object({
  seq: z.int().positive(),
  attempt: z.int().positive(),
  type: z.string(),
  subtype: z.string().optional(),
  created_at: z.iso.datetime(),
  raw: z.string(),
  raw_bytes: z.int().optional(),
});

/** An event as queries return it. */
export type EventView = z.infer<typeof eventViewSchema>;

/** Returns the view of a stored event. */
export function toEventView(event: Event): EventView {
  return {
    seq: event.seq,
    attempt: event.attempt,
    type: event.type,
    ...defined({ subtype: event.subtype }),
    created_at: event.created_at.toISOString(),
    raw: event.raw,
    ...defined({ raw_bytes: event.raw_bytes }),
  };
}

/** Cuts a line at 1 MiB for storage. `raw_bytes` is the length of the whole line and is set only if it was cut. */
export function boundRaw(line: string): { raw: string; raw_bytes?: number } {
  const raw = cutText(line, RAW_MAX_BYTES);
  return raw === line ? { raw } : { raw, raw_bytes: Buffer.byteLength(line) };
}

/**
 * Returns the line that records a prompt. The CLI does not print the prompt, but readers need the whole conversation.
 * Blocks name their files, so the line does not have the bytes of pictures and documents.
 */
export function promptLine(
  claudeSessionId: string,
  prompt: string | readonly ContentBlock[],
  uuid: string,
): string {
  return userLine('prompt', claudeSessionId, prompt, uuid);
}

/**
 * Returns the line that records a message at the place where a turn took it. Its `uuid` is the id
 * of the message.
 */
export function messageLine(
  claudeSessionId: string,
  content: string | readonly ContentBlock[],
  id: string,
): string {
  return userLine('message', claudeSessionId, content, id);
}

function userLine(
  subtype: 'prompt' | 'message',
  claudeSessionId: string,
  content: string | readonly ContentBlock[],
  uuid: string,
): string {
  return JSON.stringify({
    type: 'user',
    subtype,
    message: { role: 'user', content },
    parent_tool_use_id: null,
    session_id: claudeSessionId,
    uuid,
  });
}
