import { randomUUID } from 'node:crypto';
import type { Block } from './request.ts';

/** Token counts as the API reports them. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

/** How a message is sent: its token counts, its pace, and where it is cut off. */
export interface Delivery {
  usage?: Partial<Usage>;
  /** Why the model stopped. Default: `tool_use` if the message has a tool call, else `end_turn`. */
  stopReason?: string;
  /** Awaited before each piece (0, 1, ...) of the stream, so a test can delay the piece. */
  pace?: (piece: number) => Promise<unknown>;
  /** After this many pieces, the API closes the connection. */
  cutAfter?: number;
}

/** A reply with content. */
export interface MessageReply extends Delivery {
  kind: 'message';
  /** Each block, and the pieces in which it is streamed. */
  content: { block: Block; pieces: string[] }[];
}

/** An error reply with its HTTP status. */
export interface FailureReply {
  kind: 'failure';
  status: number;
  type: string;
  message: string;
  headers: Record<string, string>;
}

/** A script's reply to one request. A `hang` never answers; a `cut` closes the connection without an answer. */
export type Reply = MessageReply | FailureReply | { kind: 'hang' } | { kind: 'cut' };

/** Returns a reply with a text, which is streamed word by word or in the given pieces. */
export function text(words: string | string[], delivery: Delivery = {}): MessageReply {
  return message([textBlock(words)], delivery);
}

/** Returns a reply with one tool call. If `say` is given, that text comes before the call. */
export function toolUse(
  name: string,
  input: unknown,
  options: Delivery & { say?: string; id?: string } = {},
): MessageReply {
  const { say, id, ...delivery } = options;
  const call = toolBlock(name, input, id);
  return message(say === undefined ? [call] : [textBlock(say), call], delivery);
}

/** Returns a reply with several tool calls. */
export function toolUses(
  calls: { name: string; input: unknown }[],
  delivery: Delivery = {},
): MessageReply {
  return message(
    calls.map((call) => toolBlock(call.name, call.input)),
    delivery,
  );
}

/** Returns a reply with a thinking block and then a text. */
export function thought(thinking: string, words: string, delivery: Delivery = {}): MessageReply {
  const block: Block = { type: 'thinking', thinking, signature: 'c2lnbmF0dXJl' };
  return message([{ block, pieces: [thinking] }, textBlock(words)], delivery);
}

/** Returns a reply that never comes. The connection stays open until the client or the API closes it. */
export function hang(): Reply {
  return { kind: 'hang' };
}

/** Returns a reply that closes the connection without an answer. */
export function cut(): Reply {
  return { kind: 'cut' };
}

/** Returns a `pace` that waits this many milliseconds before each piece. */
export function slowly(everyMs: number): (piece: number) => Promise<void> {
  return () => new Promise((resolve) => setTimeout(resolve, everyMs));
}

function message(content: MessageReply['content'], delivery: Delivery): MessageReply {
  return { kind: 'message', content, ...delivery };
}

function textBlock(words: string | string[]): MessageReply['content'][number] {
  const pieces = typeof words === 'string' ? (words.match(/\S+\s*|\s+/g) ?? ['']) : words;
  return { block: { type: 'text', text: pieces.join('') }, pieces };
}

function toolBlock(name: string, input: unknown, id = toolId()): MessageReply['content'][number] {
  return { block: { type: 'tool_use', id, name, input }, pieces: [JSON.stringify(input)] };
}

function toolId(): string {
  return `toolu_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}
