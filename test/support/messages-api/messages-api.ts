// A Messages API on loopback that plays a script. The real CLI talks to it instead of a real model.
// It imports no test framework, so the demo and the benchmarks can use it too.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failure } from './failure.ts';
import { type Reply, text } from './reply.ts';
import { isSideCall, type MessagesBody, type MessagesRequest, readRequest } from './request.ts';
import { createPlayer, type Script } from './script.ts';
import { sendJson, sendStream } from './stream.ts';

// A script that answers every tool result with another tool call would run until memory is used up.
const CALLS_PER_SESSION = 200;

/** A running scripted API. */
export interface MessagesApi {
  /** The value for ANTHROPIC_BASE_URL. */
  url: string;
  /** The calls that the script answered, in order of arrival. */
  requests: MessagesRequest[];
  /** Method and path of every other call: the CLI's own requests, token counts and probes. */
  otherCalls: string[];
  /** Resolves with the call of this number (1 = the first) once it has arrived. */
  arrival(count: number): Promise<MessagesRequest>;
  /** Closes the port and every connection, even a connection that waits for a reply. */
  stop(): Promise<void>;
}

/** Starts a scripted API on a free loopback port, or on the port given. */
export async function startMessagesApi(options: {
  script: Script;
  port?: number;
}): Promise<MessagesApi> {
  const play = createPlayer(options.script);
  const requests: MessagesRequest[] = [];
  const otherCalls: string[] = [];
  const waiting: { count: number; resolve: (request: MessagesRequest) => void }[] = [];

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      console.error('scripted messages api:', error);
      response.destroy();
    });
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (incoming.url ?? '').split('?')[0];
    const sent = await readBody(incoming);
    if (incoming.method !== 'POST' || path !== '/v1/messages') {
      otherCalls.push(`${incoming.method} ${path}`);
      return answerOther(response, path);
    }
    const body = JSON.parse(sent) as MessagesBody;
    if (isSideCall(body)) {
      otherCalls.push(`${incoming.method} ${path} without tools`);
      return deliver(response, body, text('A side errand.'));
    }
    const request = readRequest(incoming.headers, body);
    requests.push(request);
    if (requests.filter((one) => one.sessionId === request.sessionId).length > CALLS_PER_SESSION) {
      return deliver(response, body, failure(400, 'The script goes round in circles.'));
    }
    for (const one of waiting) if (one.count === requests.length) one.resolve(request);
    return deliver(response, body, await play(request));
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    otherCalls,
    arrival(count) {
      const there = requests[count - 1];
      if (there !== undefined) return Promise.resolve(there);
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function deliver(response: ServerResponse, body: MessagesBody, reply: Reply): Promise<void> {
  switch (reply.kind) {
    case 'hang':
      return;
    case 'cut':
      return void response.destroy();
    case 'failure': {
      const error = { type: 'error', error: { type: reply.type, message: reply.message } };
      const headers = { 'content-type': 'application/json', ...reply.headers };
      return void response.writeHead(reply.status, headers).end(JSON.stringify(error));
    }
    case 'message':
      return body.stream === true
        ? sendStream(response, reply, body.model)
        : sendJson(response, reply, body.model);
  }
}

function answerOther(response: ServerResponse, path: string | undefined): void {
  const counting = path === '/v1/messages/count_tokens';
  const body = counting ? { input_tokens: 10 } : {};
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
