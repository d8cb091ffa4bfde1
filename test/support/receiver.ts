import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { waitFor } from './wait.ts';

/** A request that the endpoint got. */
export interface Received {
  path: string;
  headers: Record<string, string>;
  body: string;
  at: number;
}

/** A webhook endpoint on loopback. */
export interface Receiver {
  url: string;
  received: Received[];
  /** Answers each request. A test may replace it; by default it answers 204. */
  answer: (response: ServerResponse, request: Received) => void;
  /** Waits for this many requests and returns all requests. */
  until(count: number, limitMs?: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** Opens a webhook endpoint on a free port. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const headers = request.headers as Record<string, string>;
    const one = { path: request.url ?? '', headers, body, at: Date.now() };
    received.push(one);
    receiver.answer(response, one);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answer: (response) => response.writeHead(204).end(),
    until: (count, limitMs) =>
      waitFor(`${count} requests`, () => received.length >= count && received, limitMs),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}
