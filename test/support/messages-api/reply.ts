import { randomUUID } from 'node:crypto';
import type { Block } from './request.ts';

/** Token counts as the API reports them. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

/** How a message is sent: its cost, its rhythm, and whether it arrives whole. */
export interface Delivery {
  usage?: Partial<Usage>;
  /** Why the model stopped; default: `tool_use` where it calls a tool, else `end_turn`. */
  stopReason?: string;
  /** Awaited before each piece (0, 1, ...) of the stream: a pause, or a gate the test opens. */
  pace?: (piece: number) => Promise<unknown>;
  /** Cuts the connection after that many pieces. */
  cutAfter?: number;
}

/** An answer with content. */
export interface MessageReply extends Delivery {
  kind: 'message';
  /** Each block with the pieces it is streamed in. */
  content: { block: Block; pieces: string[] }[];
}

/** An error answer with its HTTP status. */
export interface FailureReply {
  kind: 'failure';
  status: number;
  type: string;
  message: string;
  headers: Record<string, string>;
}

/** What a script says to one request. A hang never answers; a cut closes the connection unanswered. */
export type Reply = MessageReply | FailureReply | { kind: 'hang' } | { kind: 'cut' };

/** Answers with a text, streamed word by word or in the pieces given. */
export function text(words: string | string[], delivery: Delivery = {}): MessageReply {
  return message([textBlock(words)], delivery);
}

/** Answers with one tool call, a text before it if one is given. */
export function toolUse(
  name: string,
  input: unknown,
  options: Delivery & { say?: string; id?: string } = {},
): MessageReply {
  const { say, id, ...delivery } = options;
  const call = toolBlock(name, input, id);
  return message(say === undefined ? [call] : [textBlock(say), call], delivery);
}

/** Answers with several tool calls at once. */
export function toolUses(
  calls: { name: string; input: unknown }[],
  delivery: Delivery = {},
): MessageReply {
  return message(
    calls.map((call) => toolBlock(call.name, call.input)),
    delivery,
  );
}

/** Answers with a thinking block and then a text. */
export function thought(thinking: string, words: string, delivery: Delivery = {}): MessageReply {
  const block: Block = { type: 'thinking', thinking, signature: 'c2lnbmF0dXJl' };
  return message([{ block, pieces: [thinking] }, textBlock(words)], delivery);
}

/** Never answers; the connection stays open until the client or the API goes. */
export function hang(): Reply {
  return { kind: 'hang' };
}

/** Closes the connection without an answer. */
export function cut(): Reply {
  return { kind: 'cut' };
}

/** A pace for `Delivery`: that many milliseconds before each piece. */
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
