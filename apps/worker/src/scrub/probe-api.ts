// A Messages API on loopback that only the probe uses. Its model makes one Bash call, and the CLI sends back what
// the call printed.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asList, asObject, asString } from '../claude/fields.ts';

/** A running API. */
export interface ProbeApi {
  /** The value for ANTHROPIC_BASE_URL. */
  url: string;
  /** Returns what the Bash call printed and whether it failed, or null if the CLI has not sent it yet. */
  bashResult(): BashResult | null;
  stop(): Promise<void>;
}

/** The result of the Bash call as the CLI sent it to the model. */
export interface BashResult {
  text: string;
  isError: boolean;
}

type Json = Record<string, unknown>;

/** Starts an API whose model calls Bash with `command`, on a free port of loopback. */
export async function startProbeApi(command: string): Promise<ProbeApi> {
  let result: BashResult | null = null;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    if (!request.url?.startsWith('/v1/messages?') && request.url !== '/v1/messages') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":1}');
      return;
    }
    result ??= bashResultIn(body);
    // A request without tools asks for a title or a summary.
    const callsBash = result === null && asList(body['tools']).length > 0;
    send(response, body, callsBash ? bashCall(command) : { type: 'text', text: 'done' });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bashResult: () => result,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readJson(request: IncomingMessage): Promise<Json> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return asObject(JSON.parse(Buffer.concat(pieces).toString() || '{}')) ?? {};
}

function bashResultIn(body: Json): BashResult | null {
  const last = asObject(asList(body['messages']).at(-1));
  for (const block of asList(last?.['content']).map(asObject)) {
    if (block?.['type'] !== 'tool_result') continue;
    const { content } = block;
    const texts = asList(content).map((part) => asString(asObject(part)?.['text']) ?? '');
    return { text: asString(content) ?? texts.join('\n'), isError: block['is_error'] === true };
  }
  return null;
}

function bashCall(command: string): Json {
  return { type: 'tool_use', id: 'toolu_probe', name: 'Bash', input: { command } };
}

function send(response: ServerResponse, body: Json, block: Json): void {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const stop = {
    stop_reason: block['type'] === 'text' ? 'end_turn' : 'tool_use',
    stop_sequence: null,
  };
  const head = { id: 'msg_probe', type: 'message', role: 'assistant', model: body['model'], usage };
  if (body['stream'] !== true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...head, content: [block], ...stop }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const [empty, delta] = pieces(block);
  const events: Json[] = [
    {
      type: 'message_start',
      message: { ...head, content: [], stop_reason: null, stop_sequence: null },
    },
    { type: 'content_block_start', index: 0, content_block: empty },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: stop, usage },
    { type: 'message_stop' },
  ];
  for (const event of events) {
    response.write(`event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}

/** Returns a content block as it begins, and the delta that completes it. */
function pieces(block: Json): [Json, Json] {
  if (block['type'] === 'text') {
    return [
      { type: 'text', text: '' },
      { type: 'text_delta', text: block['text'] },
    ];
  }
  const input = JSON.stringify(block['input']);
  return [
    { ...block, input: {} },
    { type: 'input_json_delta', partial_json: input },
  ];
}
