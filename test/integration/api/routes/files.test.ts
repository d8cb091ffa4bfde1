import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { newId } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { databaseUrl, openApi, test as withApi } from '../../../support/api.ts';
import { test as withKeys } from '../../../support/keyed-api.ts';
import { redisUrl } from '../../../support/services.ts';
import { untilPasses } from '../../../support/wait.ts';

const KIB = 1024;
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

type AnyApi = Pick<Awaited<ReturnType<typeof openApi>>, 'app'>;

function upload({ app }: AnyApi, payload: Buffer | string, headers = {}, query = '') {
  return app.inject({ method: 'POST', url: `/v1/files${query}`, payload, headers });
}

/** Opens an API of its own with these bounds, which listens. */
async function listen(
  at: { databaseName: string; queuePrefix: string },
  fileLimits: NonNullable<Parameters<typeof openApi>[0]['fileLimits']>,
) {
  const mongodb = databaseUrl(at.databaseName);
  const api = await openApi({ redis: redisUrl(), mongodb, prefix: at.queuePrefix, fileLimits });
  onTestFinished(() => api.close());
  const url = new URL(await api.app.listen({ host: '127.0.0.1', port: 0 }));
  return { api, url, port: Number(url.port) };
}

describe('POST /v1/files', () => {
  withApi('stores the bytes, and answers with what they are', async ({ api }) => {
    const made = await upload(api, PNG, {
      'content-type': 'text/html',
      'x-file-name': 'a%20b.txt',
    });
    expect(made.statusCode).toBe(201);
    const file = made.json();
    expect(made.headers['location']).toBe(`/v1/files/${file.id}`);
    expect(file).toEqual({
      id: expect.any(String),
      name: 'a b.txt',
      bytes: PNG.length,
      sha256: createHash('sha256').update(PNG).digest('hex'),
      media_type: 'image/png',
      created_at: expect.any(String),
      expires_at: expect.any(String),
    });
    const read = await api.app.inject({ url: `/v1/files/${file.id}` });
    expect(read.json()).toEqual(file);
  });

  withApi('keeps 10,000 small files apart', { timeout: 120_000 }, async ({ api }) => {
    const ids = new Set<string>();
    for (let from = 0; from < 10_000; from += 100) {
      const texts = Array.from({ length: 100 }, (_, index) => `file ${from + index}`);
      for (const answer of await Promise.all(texts.map((text) => upload(api, text)))) {
        expect(answer.statusCode).toBe(201);
        ids.add(answer.json().id);
      }
    }
    expect(ids.size).toBe(10_000);
    const last = await api.app.inject({ url: `/v1/files/${[...ids].at(-1)}/content` });
    expect(last.body).toMatch(/^file 99\d\d$/);
  });

  withApi.for<[string, Buffer | string, string, string]>([
    ['a picture that claims to be JSON', PNG, 'application/json', 'image/png'],
    ['JSON that claims to be a picture', '{"a":1}', 'image/png', 'text/plain'],
    [
      'a web page that claims to be a picture',
      '<html><script>x</script>',
      'image/png',
      'text/plain',
    ],
    ['text with a NUL', 'a\0b', 'text/plain', 'application/octet-stream'],
    [
      'text in another encoding',
      Buffer.from([0x63, 0xe9]),
      'text/plain',
      'application/octet-stream',
    ],
    ['a PDF without a type', '%PDF-1.7\n%…', '', 'application/pdf'],
    ['nothing', '', 'application/octet-stream', 'text/plain'],
  ])('finds the type by the bytes: %s', async ([, bytes, claimed, type], { api }) => {
    const made = await upload(api, bytes, claimed === '' ? {} : { 'content-type': claimed });
    expect(made.statusCode).toBe(201);
    expect(made.json().media_type).toBe(type);
  });

  withApi.for<[string, Record<string, string>, string]>([
    ['control characters', { 'x-file-name': 'a%0d%0ab' }, 'x-file-name'],
    ['a broken encoding', { 'x-file-name': '%zz' }, 'x-file-name'],
    ['300 characters', { 'x-file-name': 'a'.repeat(300) }, 'x-file-name'],
    ['no character', { 'x-file-name': '' }, 'x-file-name'],
    ['gzip', { 'content-encoding': 'gzip' }, 'content-encoding'],
  ])('refuses a name or coding that is not plain: %s', async ([, headers, field], { api }) => {
    const refused = await upload(api, 'x', headers);
    expect(refused.statusCode).toBeGreaterThanOrEqual(400);
    expect(refused.statusCode).toBeLessThan(500);
    expect(refused.json().error.details.field).toBe(field);
  });

  withApi('takes a hostile name only to show it', async ({ api }) => {
    const made = await upload(api, 'x', {}, `?name=${encodeURIComponent('../../etc/"x".zip')}`);
    const { id, name } = made.json();
    expect(name).toBe('../../etc/"x".zip');
    const content = await api.app.inject({ url: `/v1/files/${id}/content` });
    expect(content.headers['content-disposition']).toBe('attachment; filename="_x_.zip"');
  });

  withApi(
    'refuses a file that says that it is too large',
    async ({ databaseName, queuePrefix }) => {
      const { api } = await listen({ databaseName, queuePrefix }, { maxBytes: 4 * KIB });
      expect((await upload(api, randomBytes(4 * KIB))).statusCode).toBe(201);
      const refused = await upload(api, randomBytes(4 * KIB + 1));
      expect(refused.statusCode).toBe(413);
      expect(refused.json().error.code).toBe('PAYLOAD_TOO_LARGE');
    },
  );

  withApi(
    'refuses a file without a length as soon as it is too large',
    async ({ databaseName, queuePrefix, db }) => {
      const { url } = await listen({ databaseName, queuePrefix }, { maxBytes: 4 * KIB });
      let sent = 0;
      const body = new ReadableStream({
        pull(stream) {
          sent += KIB;
          stream.enqueue(new Uint8Array(KIB));
          if (sent >= 64 * KIB) stream.close();
        },
      });
      const target = new URL('/v1/files?name=endless', url);
      const refused = await fetch(target, { method: 'POST', body, duplex: 'half' } as RequestInit);
      expect(refused.status).toBe(413);
      expect(await db.collection('files.files').findOne({ filename: 'endless' })).toBeNull();
    },
  );

  withApi(
    'leaves nothing of a body that breaks off in the middle',
    async ({ databaseName, queuePrefix, db }) => {
      const { port } = await listen({ databaseName, queuePrefix }, {});
      const files = db.collection('files.files');
      const socket = connect(port, '127.0.0.1');
      socket.write(
        'POST /v1/files?name=half HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000000\r\n\r\n',
      );
      socket.write(randomBytes(3_000_000));
      const file = await untilPasses(async () => {
        const found = await files.findOne({ filename: 'half' });
        expect(found).not.toBeNull();
        expect(
          await db.collection('files.chunks').findOne({ files_id: found?._id }),
        ).not.toBeNull();
        return found;
      });
      socket.destroy();
      await untilPasses(async () => {
        expect(await files.findOne({ filename: 'half' })).toBeNull();
        expect(await db.collection('files.chunks').findOne({ files_id: file?._id })).toBeNull();
      });
    },
  );

  withApi(
    'ends an upload that falls silent, and one that takes too long',
    async ({ databaseName, queuePrefix, db }) => {
      const ends = [{ uploadIdleMs: 50 }, { uploadMs: 50 }];
      for (const fileLimits of ends) {
        const { port } = await listen({ databaseName, queuePrefix }, fileLimits);
        const socket = connect(port, '127.0.0.1');
        onTestFinished(() => void socket.destroy());
        socket.write(
          'POST /v1/files?name=slow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nabc',
        );
        const [answer] = await once(socket, 'data');
        expect(String(answer)).toContain('HTTP/1.1 400');
        expect(await db.collection('files.files').findOne({ filename: 'slow' })).toBeNull();
      }
    },
  );

  withApi(
    'refuses more unused bytes than a tenant may have',
    async ({ databaseName, queuePrefix, db }) => {
      await db.collection('files.files').deleteMany({});
      const { api } = await listen({ databaseName, queuePrefix }, { unusedMaxBytes: 10 });
      expect((await upload(api, '123456')).statusCode).toBe(201);
      const refused = await upload(api, '12345');
      expect(refused.statusCode).toBe(429);
      expect(refused.json().error.code).toBe('LIMIT_EXCEEDED');
    },
  );
});

describe('GET /v1/files/:id/content', () => {
  withApi('serves the bytes as an attachment that no browser runs', async ({ api }) => {
    const page = '<script>alert(1)</script>';
    const { id } = (await upload(api, page, { 'content-type': 'text/html' })).json();
    const content = await api.app.inject({ url: `/v1/files/${id}/content` });
    expect(content.body).toBe(page);
    expect(content.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${id}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'content-length': String(page.length),
    });
  });
});

describe('DELETE /v1/files/:id', () => {
  withApi('removes a file, and refuses one that a session uses', async ({ api }) => {
    const { id } = (await upload(api, 'x')).json();
    const file = { method: 'DELETE', url: `/v1/files/${id}` } as const;
    expect((await api.app.inject(file)).statusCode).toBe(204);
    expect((await api.app.inject(file)).statusCode).toBe(404);
    const used = (await upload(api, 'y')).json();
    await launch(api, [{ file_id: used.id, path: 'y.txt' }]);
    const refused = await api.app.inject({ method: 'DELETE', url: `/v1/files/${used.id}` });
    expect(refused.statusCode).toBe(409);
    expect(refused.json().error.code).toBe('FILE_IN_USE');
  });
});

function launch({ app }: AnyApi, files: unknown, headers = {}) {
  return app.inject({
    method: 'POST',
    url: '/v1/sessions',
    payload: { query: 'hi', files },
    headers,
  });
}

describe('files of another tenant', () => {
  withKeys('do not exist', async ({ keyed }) => {
    const [own, other] = [await keyed.as('write', 'acme'), await keyed.as('write', 'other')];
    const { id } = (await upload(keyed, 'secret', own)).json();
    for (const [method, url] of [
      ['GET', `/v1/files/${id}`],
      ['GET', `/v1/files/${id}/content`],
      ['DELETE', `/v1/files/${id}`],
    ] as const) {
      const answer = await keyed.app.inject({ method, url, headers: other });
      expect(answer.statusCode).toBe(404);
      expect(answer.json().error.code).toBe('FILE_NOT_FOUND');
    }
    const files = [{ file_id: id, path: 'a' }];
    const refused = await launch(keyed, files, other);
    expect(refused.json().error).toMatchObject({
      code: 'FILE_NOT_FOUND',
      details: { field: 'files.0.file_id' },
    });
    expect((await launch(keyed, files, own)).statusCode).toBe(202);
    const bulk = { sessions: [{ query: 'hi', files }] };
    const many = await keyed.app.inject({
      method: 'POST',
      url: '/v1/sessions/bulk',
      payload: bulk,
      headers: other,
    });
    expect(many.json().results[0].error.code).toBe('FILE_NOT_FOUND');
  });

  withKeys('need a key that may write to upload', async ({ keyed }) => {
    expect((await upload(keyed, 'x', await keyed.as('read'))).statusCode).toBe(403);
  });
});

describe('a launch with files', () => {
  withApi(
    'keeps them before it is queued, and refuses an unknown one before that',
    async ({ api }) => {
      const { id } = (await upload(api, 'x')).json();
      const made = await launch(api, [{ file_id: id, path: 'in/x.txt' }]);
      expect(made.statusCode).toBe(202);
      const file = (await api.app.inject({ url: `/v1/files/${id}` })).json();
      expect(file.expires_at).toBeUndefined();
      const session = await api.stores.sessions.get(made.json().id);
      expect(session?.requires).toContain('files');
      const before = await api.stores.sessions.list({ limit: 200 });
      const refused = await launch(api, [
        { file_id: id, path: 'a' },
        { file_id: newId(), path: 'b' },
      ]);
      expect(refused.statusCode).toBe(404);
      expect(refused.json().error.details.field).toBe('files.1.file_id');
      expect((await api.stores.sessions.list({ limit: 200 })).sessions.length).toBe(
        before.sessions.length,
      );
    },
  );

  withApi('in bulk: 100 launches of 100 files each, and one of 101 is refused', async ({ api }) => {
    const { id } = (await upload(api, 'x')).json();
    const some = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ file_id: id, path: `in/${n}.txt` }));
    const sessions = Array.from({ length: 100 }, () => ({ query: 'hi', files: some(100) }));
    const many = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions/bulk',
      payload: { sessions: [...sessions, { query: 'hi', files: some(101) }] },
    });
    const statuses = many.json().results.map(({ status }: { status: number }) => status);
    expect(statuses).toEqual([...Array.from({ length: 100 }, () => 202), 400]);
  });

  withApi('keeps them in a rerun, and not in a continue', async ({ api }) => {
    const { id } = (await upload(api, 'x')).json();
    const made = (await launch(api, [{ file_id: id, path: 'x' }])).json();
    const again = await api.app.inject({ method: 'POST', url: `/v1/sessions/${made.id}/rerun` });
    const rerun = await api.stores.sessions.get(again.json().id);
    expect(rerun?.config.files).toEqual([{ file_id: id, path: 'x' }]);
    const next = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${made.id}/continue`,
      payload: { query: 'more', on_busy: 'enqueue' },
    });
    const continued = await api.stores.sessions.get(next.json().id);
    expect(continued?.config.files).toBeUndefined();
    for (const one of [made.id, rerun?.id]) {
      await api.app.inject({ method: 'POST', url: `/v1/sessions/${one}/cancel` });
    }
    await untilPasses(async () => {
      const gone = await api.deletion.deleteConversation(rerun?.id ?? '');
      expect(gone).toBe('gone');
    });
    expect((await api.stores.files.get(id))?.expires_at).toBeUndefined();
    await untilPasses(async () => {
      expect(await api.deletion.deleteConversation(made.id)).toBe('gone');
    });
    expect((await api.stores.files.get(id))?.expires_at).toBeInstanceOf(Date);
  });

  withApi('as a schedule: kept from its creation to its removal', async ({ api }) => {
    const { id } = (await upload(api, 'x')).json();
    const create = (file_id: string) =>
      api.app.inject({
        method: 'POST',
        url: '/v1/schedules',
        payload: {
          cron: '0 3 * * *',
          launch: { query: 'hi', files: [{ file_id, path: 'x' }] },
        },
      });
    const refused = await create(newId());
    expect(refused.json().error).toMatchObject({
      code: 'FILE_NOT_FOUND',
      details: { field: 'launch.files.0.file_id' },
    });
    const made = (await create(id)).json();
    expect((await api.stores.files.get(id))?.expires_at).toBeUndefined();
    await api.app.inject({ method: 'DELETE', url: `/v1/schedules/${made.id}` });
    expect((await api.stores.files.get(id))?.expires_at).toBeInstanceOf(Date);
  });

  withApi('whose job came from a producer: kept at adoption, or failed', async ({ api }) => {
    const { id } = (await upload(api, 'x')).json();
    const job = (file_id: string) => {
      const session = newId();
      const files = [{ file_id, path: 'x' }];
      const data = {
        version: 1,
        kind: 'launch',
        id: session,
        run_id: session,
        created_at: new Date().toISOString(),
        config: { query: 'hi', files },
      };
      return { id: session, data, timestamp: Date.now() };
    };
    const kept = await api.adopter.adopt(job(id));
    expect(kept.status).toBe('queued');
    expect((await api.stores.files.get(id))?.expires_at).toBeUndefined();
    const failed = await api.adopter.adopt(job(newId()));
    expect(failed).toMatchObject({ status: 'failed', failure: { code: 'FILE_NOT_FOUND' } });
  });
});
