import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect } from 'vitest';
import { storeCaptured, test, write, writeEveryKind } from './workspace-scene.ts';

const LARGE_BYTES = 100 * 1024 * 1024;
const MEASURE_BYTES = 20 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Returns how many bytes of buffers this process, the API and the reader, still uses. */
function liveBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe('GET /v1/sessions/:id/files/*', () => {
  test('returns text as text/plain that cannot run in a browser', async ({ api, workspace }) => {
    write(workspace.tree, { 'site/index.html': '<script>alert(1)</script>' });
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/files/site/index.html` });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.body).toBe('<script>alert(1)</script>');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '25',
      'content-disposition': `inline; filename="index.html"; filename*=UTF-8''index.html`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'sandbox',
      'accept-ranges': 'bytes',
      'baton-captured-at': '2026-11-24T09:00:26.118Z',
      etag: expect.stringMatching(/^"[0-9a-f]{40}"$/),
    });
  });

  test('returns other bytes as an attachment', async ({ api, workspace }) => {
    write(workspace.tree, { 'a.svg': Buffer.from([0x3c, 0, 0xff]) });
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/files/a.svg` });
    expect(answer.rawPayload).toEqual(Buffer.from([0x3c, 0, 0xff]));
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="a\.svg"/);
  });

  test('returns an empty file', async ({ api, workspace }) => {
    write(workspace.tree, { empty: '' });
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/files/empty` });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
    expect(answer.headers['content-length']).toBe('0');
  });

  test.for([
    ['bytes=2-4', 206, 'cde', 'bytes 2-4/10'],
    ['bytes=7-', 206, 'hij', 'bytes 7-9/10'],
    ['bytes=-2', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=8-99', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=0-1,4-5', 200, 'abcdefghij', undefined],
    ['lines=1-2', 200, 'abcdefghij', undefined],
    ['bytes=10-', 416, '', 'bytes */10'],
  ] as const)(
    'answers the range %s with %i',
    async ([range, status, body, shown], { api, workspace }) => {
      write(workspace.tree, { 'ten.txt': 'abcdefghij' });
      const { id } = await storeCaptured(api, workspace);
      const url = `/v1/sessions/${id}/files/ten.txt`;
      const answer = await api.app.inject({ url, headers: { range } });
      expect([answer.statusCode, answer.body]).toEqual([status, body]);
      expect(answer.headers['content-range']).toBe(shown);
      expect(answer.headers['content-length']).toBe(String(body.length));
    },
  );

  test('knows its own etag: 304, and a range only of the same version', async ({
    api,
    workspace,
  }) => {
    write(workspace.tree, { 'ten.txt': 'abcdefghij' });
    const { id } = await storeCaptured(api, workspace);
    const url = `/v1/sessions/${id}/files/ten.txt`;
    const { etag = '' } = (await api.app.inject({ url })).headers;
    const known = await api.app.inject({ url, headers: { 'if-none-match': String(etag) } });
    expect([known.statusCode, known.body]).toEqual([304, '']);
    const range = { range: 'bytes=0-1' };
    const same = await api.app.inject({ url, headers: { ...range, 'if-range': String(etag) } });
    const other = await api.app.inject({ url, headers: { ...range, 'if-range': '"other"' } });
    expect([same.body, other.body]).toEqual(['ab', 'abcdefghij']);
  });

  test('answers HEAD with the headers alone', async ({ api, workspace }) => {
    write(workspace.tree, { 'ten.txt': 'abcdefghij' });
    const { id } = await storeCaptured(api, workspace);
    const url = `/v1/sessions/${id}/files/ten.txt`;
    const answer = await api.app.inject({ method: 'HEAD', url });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
    expect(answer.headers).toMatchObject({
      'content-length': '10',
      'content-type': 'text/plain; charset=utf-8',
    });
  });

  test.for([
    ['<script>alert(1)<', '%3Cscript%3Ealert(1)%3C', "''%3Cscript%3Ealert%281%29%3C"],
    ['a"b;c', 'a%22b%3Bc', "''a%22b%3Bc"],
    ['new\r\nline', 'new%0D%0Aline', "''new%0D%0Aline"],
    ['tone\x07', 'tone%07', "''tone%07"],
    ['100%', '100%25', "''100%25"],
    ['h\xc3\xa9', 'h%C3%A9', "''h%C3%A9"],
    ['\xff\xfe', '%FF%FE', "''%EF%BF%BD%EF%BF%BD"],
    ['.git%', '.git%25', "''.git%25"],
  ] as const)(
    'finds the file with the name %j',
    async ([name, encoded, shown], { api, workspace }) => {
      write(workspace.tree, { [`d/${name}`]: 'content' });
      const { id } = await storeCaptured(api, workspace);
      const answer = await api.app.inject({ url: `/v1/sessions/${id}/files/d/${encoded}` });
      expect([answer.statusCode, answer.body]).toEqual([200, 'content']);
      expect(String(answer.headers['content-disposition']).endsWith(shown)).toBe(true);
    },
  );

  test('finds a path of two thousand characters', async ({ api, workspace }) => {
    const path = Array.from({ length: 10 }, () => 'd'.repeat(200)).join('/');
    write(workspace.tree, { [path]: 'deep' });
    const { id } = await storeCaptured(api, workspace);
    expect((await api.app.inject({ url: `/v1/sessions/${id}/files/${path}` })).body).toBe('deep');
  });

  test.for([
    ['src', /is a directory/],
    ['src/link', /is a symlink to "..\/a.txt", which is not followed/],
    ['nothing', /has no such path/],
    ['a.txt/b', /has no such path/],
    ['repo/left/y.txt', /left it out: ignored/],
    ['x/%2e%2e%2f%2e%2e/manifest.json', /has no such path/],
    ['', /has no such path/],
  ] as const)('answers 404 for %s and says why', async ([path, why], { api, workspace }) => {
    writeEveryKind(workspace.tree);
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/files/${path}` });
    expect(answer.statusCode, answer.body).toBe(404);
    expect(answer.json().error).toMatchObject({
      code: 'WORKSPACE_FILE_NOT_FOUND',
      message: expect.stringMatching(why),
    });
  });

  test('never follows a symlink', async ({ api, workspace }) => {
    symlinkSync('/etc/passwd', join(workspace.tree, 'link'));
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/files/link` });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain('root:');
  });

  test('streams a file of 100 MB, and stops reading it when the reader leaves', async ({
    api,
    workspace,
  }) => {
    // It compresses well, so that the capture is fast.
    const block = randomBytes(16 * 1024);
    const large = Buffer.concat(Array.from({ length: LARGE_BYTES / block.length }, () => block));
    write(workspace.tree, { 'large.bin': large });
    const { id } = await storeCaptured(api, workspace);
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = api.app.server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/v1/sessions/${id}/files/large.bin`;

    const whole = await ask(url);
    const hash = createHash('sha256');
    let received = 0;
    let most = 0;
    const before = liveBytes();
    for await (const chunk of whole) {
      hash.update(chunk);
      const part = Math.floor(received / MEASURE_BYTES);
      received += chunk.length;
      if (Math.floor(received / MEASURE_BYTES) > part) most = Math.max(most, liveBytes() - before);
    }
    expect(hash.digest('hex')).toBe(createHash('sha256').update(large).digest('hex'));
    expect(most).toBeLessThan(LARGE_BYTES / 2);

    const left = await ask(url);
    await once(left, 'readable');
    left.destroy();
    const part = await ask(url, { range: `bytes=${LARGE_BYTES - 3}-` });
    const pieces = await part.toArray();
    expect(Buffer.concat(pieces)).toEqual(large.subarray(-3));
  });
});

async function ask(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [answer] = (await once(get(url, { headers, agent: false }), 'response')) as [
    IncomingMessage,
  ];
  return answer;
}
