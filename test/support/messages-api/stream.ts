import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { MessageReply, Usage } from './reply.ts';
import type { Block } from './request.ts';

const USAGE: Usage = {
  input_tokens: 10,
  output_tokens: 5,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

/** Sends a message as one JSON body. */
export function sendJson(response: ServerResponse, reply: MessageReply, model: string): void {
  const content = reply.content.map((part) => part.block);
  const whole = { ...envelope(reply, model), content, stop_reason: stopReason(reply) };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
}

/** Streams a message as server-sent events, at the pace of the reply and up to its `cutAfter`. */
export async function sendStream(
  response: ServerResponse,
  reply: MessageReply,
  model: string,
): Promise<void> {
  const usage = { ...USAGE, ...reply.usage };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const start = { ...envelope(reply, model), content: [], stop_reason: null };
  send(response, 'message_start', { message: { ...start, usage: { ...usage, output_tokens: 1 } } });
  let piece = 0;
  for (const [index, part] of reply.content.entries()) {
    send(response, 'content_block_start', { index, content_block: emptied(part.block) });
    for (const words of part.pieces) {
      if (piece === reply.cutAfter) return void response.destroy();
      await reply.pace?.(piece);
      send(response, 'content_block_delta', { index, delta: delta(part.block, words) });
      piece += 1;
    }
    if (part.block.type === 'thinking') {
      const signature = { type: 'signature_delta', signature: part.block.signature };
      send(response, 'content_block_delta', { index, delta: signature });
    }
    send(response, 'content_block_stop', { index });
  }
  if (piece === reply.cutAfter) return void response.destroy();
  const ending = { stop_reason: stopReason(reply), stop_sequence: null };
  send(response, 'message_delta', { delta: ending, usage });
  send(response, 'message_stop', {});
  response.end();
}

function envelope(reply: MessageReply, model: string): Record<string, unknown> {
  const id = `msg_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
  const usage = { ...USAGE, ...reply.usage };
  return { id, type: 'message', role: 'assistant', model, stop_sequence: null, usage };
}

function stopReason(reply: MessageReply): string {
  if (reply.stopReason !== undefined) return reply.stopReason;
  return reply.content.some((part) => part.block.type === 'tool_use') ? 'tool_use' : 'end_turn';
}

function emptied(block: Block): unknown {
  if (block.type === 'text') return { type: 'text', text: '' };
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  return { ...block, input: {} };
}

function delta(block: Block, words: string): unknown {
  if (block.type === 'text') return { type: 'text_delta', text: words };
  if (block.type === 'thinking') return { type: 'thinking_delta', thinking: words };
  return { type: 'input_json_delta', partial_json: words };
}

function send(response: ServerResponse, type: string, data: Record<string, unknown>): void {
  response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
}
