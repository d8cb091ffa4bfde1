import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect } from 'vitest';
import { test as base } from '../../../support/api.ts';

const test = base.extend<{ $file: { port: number } }>({
  port: [
    async ({ api }, use) => {
      await api.app.listen({ host: '127.0.0.1', port: 0 });
      await use((api.app.server.address() as AddressInfo).port);
    },
    { scope: 'file' },
  ],
});

/** Sends raw bytes and returns the response after the server closed the connection. */
async function speak(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let said = '';
  socket.on('data', (chunk: string) => (said += chunk));
  socket.write(text);
  await once(socket, 'close');
  return said;
}

describe('an oversized request', () => {
  test.for([
    [
      'headers',
      (filler: string) => `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${filler}\r\n\r\n`,
    ],
    ['URL', (filler: string) => `GET /healthz?${filler} HTTP/1.1\r\nhost: localhost\r\n\r\n`],
  ] as const)('is refused with an error code for its %s', async ([, request], { port }) => {
    const said = await speak(port, request('x'.repeat(17 * 1024)));
    expect(said).toMatch(/^HTTP\/1\.1 413 /);
    expect(said).toContain('"code":"PAYLOAD_TOO_LARGE"');
    const small = await speak(port, request('x').replace('\r\n', '\r\nconnection: close\r\n'));
    expect(small).toMatch(/^HTTP\/1\.1 200 /);
  });

  test.for([
    ['metadata', `{"query":"q","metadata":${nested(50_000)}}`],
    ['settings', `{"query":"q","settings":${nested(50_000)}}`],
    ['json_schema', `{"query":"q","json_schema":${nested(50_000)}}`],
    ['an unknown value', nested(50_000)],
  ] as const)(
    'is refused with an error code for its nesting in %s',
    async ([, payload], { api }) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await api.app.inject({
        method: 'POST',
        url: '/v1/sessions',
        payload,
        headers,
      });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    },
  );

  test('gets an error for a long id', async ({ api }) => {
    const answer = await api.app.inject({ url: `/v1/sessions/${'a'.repeat(3_000)}` });
    expect([400, 404]).toContain(answer.statusCode);
    expect(answer.json()).toMatchObject({ error: { code: expect.any(String) } });
  });
});

describe('the security headers of a response', () => {
  test.for([
    '/v1/sessions',
    '/healthz',
    '/nowhere',
    '/sessions',
    '/queues',
    '/docs/',
    '/openapi.json',
  ])('forbid sniffing, framing, cross-origin use and caching at %s', async (url, { api }) => {
    const { headers } = await api.app.inject({ url });
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('allow a JSON response to load nothing, and the board to run only scripts of this server', async ({
    api,
  }) => {
    const policyAt = async (url: string) =>
      String((await api.app.inject({ url })).headers['content-security-policy']);
    expect(await policyAt('/v1/sessions')).toContain("default-src 'none'");
    expect(await policyAt('/queues')).toContain("script-src 'self';");
  });
});

// Built as text, because JSON.stringify would overflow the stack.
function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}
