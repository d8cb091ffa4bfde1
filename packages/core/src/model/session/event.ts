import { z } from 'zod';
import { cutText } from '../schema/cut-text.ts';
import { defined } from '../schema/defined.ts';

// A document holds 16 MiB at most and pages hold many events; the cut is told by `raw_bytes`.
const RAW_MAX_BYTES = 1024 * 1024;

/** One line of stream-json as it is stored. */
const eventSchema = z.object({
  session_id: z.string(),
  seq: z.int().positive(),
  attempt: z.int().positive(),
  fence: z.int().positive(),
  type: z.string(),
  subtype: z.string().optional(),
  created_at: z.date(),
  raw: z.string().describe('The line as it came.'),
  raw_bytes: z.int().optional().describe('Its length where `raw` was cut at 1 MiB.'),
});

/** One line of stream-json as it is stored. */
export type Event = z.infer<typeof eventSchema>;

/** An event as queries return it. */
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

/** The view of a stored event. */
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

/** A line in the size that is stored: cut at 1 MiB, with its length in bytes told. */
export function boundRaw(line: string): { raw: string; raw_bytes?: number } {
  const raw = cutText(line, RAW_MAX_BYTES);
  return raw === line ? { raw } : { raw, raw_bytes: Buffer.byteLength(line) };
}

/** The line that records a prompt: the CLI does not echo it, and a conversation must read whole. */
export function promptLine(claudeSessionId: string, prompt: string): string {
  return JSON.stringify({
    type: 'user',
    subtype: 'prompt',
    message: { role: 'user', content: prompt },
    parent_tool_use_id: null,
    session_id: claudeSessionId,
  });
}
