// An MCP server over HTTP on loopback. It records the requests that it gets. Its tools answer with their name, except
// `slow`, which never answers.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A running MCP server. */
export interface McpHttpServer {
  url: string;
  /** The address and the headers of each request, oldest first. */
  seen: { url: string; headers: IncomingHttpHeaders }[];
  stop(): void;
}

/** Starts an MCP server of the type "http" on a free port, with tools of these names. */
export async function startMcpHttpServer(tools: string[] = []): Promise<McpHttpServer> {
  const seen: McpHttpServer['seen'] = [];
  const server = createServer(async (request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    if (id === undefined)
      return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
    const serverInfo = { name: 'web', version: '1.0.0' };
    if (method === 'tools/call' && params.name === 'slow') return;
    const result =
      method === 'initialize'
        ? { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo }
        : method === 'tools/call'
          ? { content: [{ type: 'text', text: `called ${params.name}` }] }
          : { tools: tools.map(toolOf) };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, seen, stop: () => void stop(server) };
}

function toolOf(name: string) {
  return { name, description: name, inputSchema: { type: 'object', properties: {} } };
}

function stop(server: Server): void {
  server.close();
  server.closeAllConnections();
}
