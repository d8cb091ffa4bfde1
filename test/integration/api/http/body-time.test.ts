import { once } from 'node:events';
import { connect } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import type { App } from '../../../../apps/api/src/app-type.ts';
import { registerBodyTime } from '../../../../apps/api/src/http/body-time.ts';

async function listen(): Promise<number> {
  const app: FastifyInstance = fastify();
  registerBodyTime(app as unknown as App, 50);
  app.post('/limited', async () => 'read');
  app.post('/own', { config: { limitsBodyTime: true } }, async () => 'read');
  onTestFinished(() => app.close());
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
}

function send(port: number, path: string) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const headers = 'host: localhost\r\ncontent-type: text/plain\r\ncontent-length: 4';
  socket.write(`POST ${path} HTTP/1.1\r\n${headers}\r\n\r\nab`);
  return socket;
}

test('A body that arrives too slowly ends its request, except on a route that limits it itself', async () => {
  const port = await listen();
  const own = send(port, '/own');
  const [refused] = await once(send(port, '/limited'), 'data');
  expect(String(refused)).toContain('HTTP/1.1 400');
  own.write('cd');
  const [answer] = await once(own, 'data');
  expect(String(answer)).toContain('HTTP/1.1 200');
});
