// Request bodies as real clients send them.
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { JOB_MAX_BYTES, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test as base, countJobs } from '../../../support/api.ts';
import { makeSession } from '../../../support/factories.ts';

const test = base.extend<{ $file: { url: URL } }>({
  url: [
    async ({ api }, use) => {
      await use(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })));
    },
    { scope: 'file' },
  ],
});

const JSON_TYPE = { 'content-type': 'application/json' };

const post = (api: Api, payload: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
  api.app.inject({ method: 'POST', url: '/v1/sessions', headers, payload });

describe('a call that needs no body accepts what clients send anyway:', () => {
  const habits: [what: string, headers: Record<string, string>, payload: string][] = [
    ['an empty body with the type JSON', JSON_TYPE, ''],
    [
      'an empty JSON body with a charset',
      { 'content-type': 'application/json; charset=utf-8' },
      '',
    ],
    ['white space', JSON_TYPE, ' \r\n'],
    ['an empty object', JSON_TYPE, '{}'],
    ['null', JSON_TYPE, 'null'],
    ['a body without a type', {}, '{}'],
    ['an empty form', { 'content-type': 'application/x-www-form-urlencoded' }, ''],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b'],
    ['text', { 'content-type': 'text/plain' }, 'stop'],
  ];

  test.for(habits)('%s', async ([, headers, payload], { api }) => {
    const calls = [
      ['POST', '/v1/sessions/:id/cancel', [202]],
      ['POST', '/v1/sessions/:id/interrupt', [202]],
      ['DELETE', '/v1/sessions/:id', [202, 204]],
    ] as const;
    for (const [method, url, status] of calls) {
      const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
      if (method === 'DELETE')
        await api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/cancel` });
      const answer = await api.app.inject({
        method,
        url: url.replace(':id', id),
        headers,
        payload,
      });
      expect(status, `${method} ${url} ${answer.body}`).toContain(answer.statusCode);
    }
    const others = ['/v1/schedules/:id', '/v1/webhooks/:id', '/v1/limits/tag/:id'];
    for (const url of others) {
      const answer = await api.app.inject({
        method: 'DELETE',
        url: url.replace(':id', newId()),
        headers,
        payload,
      });
      expect(answer.statusCode, url).toBe(404);
    }
    const redeliver = `/v1/webhooks/${newId()}/deliveries/${newId()}/redeliver`;
    const answer = await api.app.inject({ method: 'POST', url: redeliver, headers, payload });
    expect(answer.json().error.code).toBe('WEBHOOK_NOT_FOUND');
  });
});

describe('a body with a value that storage may change', () => {
  test.for<[what: string, text: string, field: string]>([
    ['half a surrogate pair in the query', '{"query":"a\\ud83d b"}', 'query'],
    ['half a surrogate pair in a tag', '{"query":"q","tags":["\\udc00"]}', 'tags.0'],
    ['half a surrogate pair in a title', '{"query":"q","title":"\\ud83d"}', 'title'],
    [
      'half a surrogate pair in metadata',
      '{"query":"q","metadata":{"a":["\\ud83d"]}}',
      'metadata.a.0',
    ],
    ['a number above 2^53', '{"query":"q","metadata":{"n":12345678901234567890}}', 'metadata.n'],
    ['the number 2^53 + 1', '{"query":"q","metadata":{"n":9007199254740993}}', 'metadata.n'],
    [
      'a number that is too large for JavaScript',
      '{"query":"q","metadata":{"n":1e400}}',
      'metadata.n',
    ],
    ['minus zero', '{"query":"q","metadata":{"n":-0}}', 'metadata.n'],
    [
      'a number with too many digits',
      '{"query":"q","metadata":{"n":0.12345678901234567890}}',
      'metadata.n',
    ],
    [
      'a large number in settings',
      '{"query":"q","settings":{"a":{"b":9007199254740993}}}',
      'settings.a.b',
    ],
    ['a key twice', '{"query":"q","metadata":{"n":1,"n":2}}', 'metadata.n'],
    ['a second query', '{"query":"q","query":"r"}', 'query'],
    ['a __proto__ key', '{"query":"q","__proto__":{"x":1}}', '__proto__'],
    [
      'a nested __proto__ key',
      '{"query":"q","metadata":{"a":{"__proto__":1}}}',
      'metadata.a.__proto__',
    ],
    [
      'a constructor.prototype key',
      '{"query":"q","metadata":{"constructor":{"prototype":{}}}}',
      'metadata.constructor.prototype',
    ],
    ['a query of white space', '{"query":" \\u00a0\\n"}', 'query'],
  ])('is refused, and the error names the field: %s', async ([, text, field], { api }) => {
    const before = await countJobs(api);
    const answer = await post(api, text);
    expect(answer.json()).toMatchObject({ error: { code: 'INVALID_REQUEST', details: { field } } });
    expect(answer.json().error.message).toContain(field);
    expect(answer.statusCode).toBe(400);
    expect(await countJobs(api)).toBe(before);
  });

  test('is accepted if each number can be stored exactly', async ({ api }) => {
    const metadata = '{"a":9007199254740991,"b":0.1,"c":1e-7,"d":"a\ud83d\ude00","constructor":1}';
    const answer = await post(api, `{"query":"q","metadata":${metadata}}`);
    expect(answer.statusCode, answer.body).toBe(202);
    expect(JSON.stringify(answer.json().metadata)).toBe(metadata);
  });

  test('makes only the launch that contains it fail in a bulk request', async ({ api }) => {
    const payload = '{"sessions":[{"query":"q"},{"query":"\\ud83d"}]}';
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions/bulk',
      headers: JSON_TYPE,
      payload,
    });
    expect(answer.json().results).toMatchObject([
      { status: 202 },
      { status: 400, error: { details: { field: 'query' } } },
    ]);
  });
});

describe('reading a request body', () => {
  test.for<[string, string | Buffer, Record<string, string>, number, string, RegExp]>([
    [
      'an empty body',
      '',
      JSON_TYPE,
      400,
      'INVALID_REQUEST',
      /expected a JSON body, got an empty one/,
    ],
    [
      'invalid JSON',
      '{"query": q}',
      JSON_TYPE,
      400,
      'INVALID_REQUEST',
      /^expected the body to be JSON$/,
    ],
    [
      'bytes that are not UTF-8',
      Buffer.from([...Buffer.from('{"query":"'), 0xff, 0x22, 0x7d]),
      JSON_TYPE,
      400,
      'INVALID_REQUEST',
      /UTF-8/,
    ],
    [
      'another charset',
      '{"query":"q"}',
      { 'content-type': 'application/json; charset=latin1' },
      400,
      'INVALID_REQUEST',
      /utf-8/,
    ],
    [
      'a gzip body',
      gzipSync('{"query":"q"}'),
      { ...JSON_TYPE, 'content-encoding': 'gzip' },
      415,
      'CONTENT_ENCODING_NOT_SUPPORTED',
      /^content-encoding: /,
    ],
    [
      'an unknown encoding',
      '{"query":"q"}',
      { ...JSON_TYPE, 'content-encoding': 'identity, x-own' },
      415,
      'CONTENT_ENCODING_NOT_SUPPORTED',
      /^content-encoding: /,
    ],
  ])(
    'fails with the reason for %s',
    async ([, payload, headers, status, code, message], { api }) => {
      const answer = await post(api, payload, headers);
      expect(answer.json()).toMatchObject({
        error: { code, message: expect.stringMatching(message) },
      });
      expect(answer.statusCode).toBe(status);
    },
  );

  test.for([
    { 'content-encoding': 'identity' },
    { 'content-encoding': '' },
    { 'content-type': 'application/json;charset="UTF-8"' },
  ])('succeeds with the headers %j', async (headers, { api }) => {
    const answer = await post(api, '{"query":"q"}', { ...JSON_TYPE, ...headers });
    expect(answer.statusCode, answer.body).toBe(202);
  });
});

describe('a client that writes its whole body before it reads gets the refusal of a body', () => {
  const SIZE = 8 * JOB_MAX_BYTES;

  test.for<[what: string, path: string, headers: string, status: number]>([
    ['that is too large', '/v1/sessions', `content-length: ${SIZE}`, 413],
    [
      'that is too large without keep-alive',
      '/v1/sessions',
      `content-length: ${SIZE}\r\nconnection: close`,
      413,
    ],
    ['that is too large in chunks', '/v1/sessions', 'transfer-encoding: chunked', 413],
    [
      'that is compressed',
      '/v1/sessions',
      `content-length: ${SIZE}\r\ncontent-encoding: br\r\nconnection: close`,
      415,
    ],
    ['for an unknown route', '/v1/nothing', `content-length: ${SIZE}\r\nconnection: close`, 413],
    [
      'from another origin',
      '/v1/sessions',
      `content-length: ${SIZE}\r\norigin: http://evil.test\r\nconnection: close`,
      403,
    ],
  ])('%s', async ([, path, headers, status], { url }) => {
    const socket = connect(Number(url.port), '127.0.0.1');
    await once(socket, 'connect');
    const failed = new Promise<boolean>((resolve) => socket.once('close', resolve));
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`,
    );
    const piece = Buffer.alloc(64 * 1024, 0x20);
    for (let sent = 0; sent < SIZE; sent += piece.length) {
      const text = headers.includes('chunked')
        ? Buffer.concat([
            Buffer.from(`${piece.length.toString(16)}\r\n`),
            piece,
            Buffer.from('\r\n'),
          ])
        : piece;
      if (!socket.write(text)) await Promise.race([once(socket, 'drain'), failed]).catch(() => {});
    }
    if (headers.includes('chunked')) socket.write('0\r\n\r\n');
    expect(errors).toEqual([]);
    // The client starts to read only now.
    const answer: Buffer[] = [];
    socket.on('data', (data) => answer.push(data));
    expect(await failed).toBe(false);
    const text = Buffer.concat(answer).toString();
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n'))).error.code).toMatch(/^[A-Z_]+$/);
  });
});
