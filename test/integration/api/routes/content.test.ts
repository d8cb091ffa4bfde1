// Prompts and messages of blocks over the real API: what is stored, and what is refused.
import { createHash } from 'node:crypto';
import { createProducer, type SessionConfig } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test } from '../../../support/api.ts';
import { test as withKeys } from '../../../support/keyed-api.ts';
import { makePdf, noisePng } from '../../../support/pictures.ts';
import { redisUrl } from '../../../support/services.ts';

const PNG = noisePng(8, 8);
const PDF = makePdf();

const said = (text: string) => ({ type: 'text', text });
const inline = (type: 'image' | 'document', bytes: Buffer, rest: object = {}) => ({
  type,
  source: { type: 'base64', data: bytes.toString('base64'), ...rest },
});
const fileOf = (file_id: string) => ({ type: 'file', file_id });
const stored = { type: 'file', file_id: expect.any(String) };

type AnyApi = Pick<Api, 'app'>;

async function post({ app }: AnyApi, url: string, payload: object, headers = {}) {
  return app.inject({ method: 'POST', url, payload, headers });
}

const launch = (api: AnyApi, payload: object, headers = {}) =>
  post(api, '/v1/sessions', payload, headers);

async function upload({ app }: AnyApi, payload: Buffer | string, name = ''): Promise<string> {
  const headers = name === '' ? {} : { 'x-file-name': name };
  const made = await app.inject({ method: 'POST', url: '/v1/files', payload, headers });
  return made.json().id;
}

async function configOf({ app }: AnyApi, id: string): Promise<SessionConfig> {
  const read = await app.inject({ url: `/v1/sessions/${id}?include=config` });
  return read.json().config;
}

const fileIdOf = (block: unknown) => (block as { source: { file_id: string } }).source.file_id;

/** The bytes of the file that a block shows. */
async function bytesOf({ app }: AnyApi, block: unknown): Promise<Buffer> {
  return (await app.inject({ url: `/v1/files/${fileIdOf(block)}/content` })).rawPayload;
}

describe('a launch with content', () => {
  test('stores the bytes as files and shows blocks that name them', async ({ api }) => {
    const made = await launch(api, {
      content: [
        said('What is wrong here?'),
        { ...inline('image', PNG), title: 'screen.png' },
        { ...inline('document', PDF, { media_type: 'application/pdf' }), title: 'plan.pdf' },
        { type: 'document', source: { type: 'text', data: 'line one\nline two' } },
        said('Answer in one line.'),
      ],
    });
    expect(made.statusCode).toBe(202);
    expect(made.json().query).toBe('What is wrong here?\n\nAnswer in one line.');
    const { content = [] } = await configOf(api, made.json().id);
    expect(content).toEqual([
      said('What is wrong here?'),
      { type: 'image', source: stored, title: 'screen.png' },
      { type: 'document', source: stored, title: 'plan.pdf' },
      { type: 'document', source: stored },
      said('Answer in one line.'),
    ]);
    expect((await bytesOf(api, content[1])).equals(PNG)).toBe(true);
    expect((await bytesOf(api, content[2])).equals(PDF)).toBe(true);
    expect((await bytesOf(api, content[3])).toString()).toBe('line one\nline two');
    const job = await api.queue.find(made.json().id);
    expect(JSON.stringify(job?.data)).not.toContain(PNG.toString('base64'));
  });

  test('names an uploaded file by its name if it has neither a text nor a title', async ({
    api,
  }) => {
    const id = await upload(api, PNG, 'plan.png');
    const made = await launch(api, { content: [{ type: 'image', source: fileOf(id) }] });
    expect(made.json().query).toBe('[image: plan.png]');
    const { content } = await configOf(api, made.json().id);
    expect(content).toEqual([{ type: 'image', source: fileOf(id), title: 'plan.png' }]);
  });

  test('keeps its files as long as its session', async ({ api }) => {
    const id = await upload(api, PNG);
    await launch(api, { content: [{ type: 'image', source: fileOf(id) }] });
    const refused = await api.app.inject({ method: 'DELETE', url: `/v1/files/${id}` });
    expect(refused.json().error.code).toBe('FILE_IN_USE');
  });

  test('is one session for two requests with one idempotency key, and a conflict with other bytes', async ({
    api,
  }) => {
    const headers = { 'idempotency-key': 'one picture' };
    const request = (bytes: Buffer) => ({ content: [said('look'), inline('image', bytes)] });
    const both = await Promise.all([
      launch(api, request(PNG), headers),
      launch(api, request(PNG), headers),
    ]);
    expect(both.map(({ statusCode }) => statusCode)).toEqual([202, 202]);
    expect(both[0]?.json().id).toBe(both[1]?.json().id);
    const replayed = await launch(api, request(PNG), headers);
    expect(replayed.headers['idempotency-replayed']).toBe('true');
    const other = await launch(api, request(noisePng(8, 8)), headers);
    expect(other.json().error.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  test('takes the config that a query returned', async ({ api }) => {
    const made = await launch(api, { content: [said('look'), inline('image', PNG)] });
    const again = await launch(api, await configOf(api, made.json().id));
    expect(again.statusCode).toBe(202);
    expect(await configOf(api, again.json().id)).toEqual(await configOf(api, made.json().id));
  });

  test('needs a worker that knows files', async ({ api }) => {
    const made = await launch(api, { content: [inline('image', PNG)] });
    expect((await api.manager.getSession(made.json().id)).requires).toContain('files');
  });

  const words = Buffer.from('words');
  test.for<[string, object, number, string, string]>([
    ['neither query nor content', {}, 400, 'INVALID_REQUEST', 'query'],
    ['both', { query: 'q', content: [said('c')] }, 400, 'INVALID_REQUEST', 'content'],
    ['no block', { content: [] }, 400, 'INVALID_REQUEST', 'content'],
    ['65 blocks', { content: Array(65).fill(said('c')) }, 400, 'INVALID_REQUEST', 'content'],
    ['a blank text', { content: [said(' \n')] }, 400, 'INVALID_REQUEST', 'content.0.text'],
    [
      'an unknown block',
      { content: [{ type: 'audio' }] },
      400,
      'INVALID_REQUEST',
      'content.0.type',
    ],
    [
      'garbage as base64',
      { content: [{ type: 'image', source: { type: 'base64', data: 'no base64!' } }] },
      400,
      'INVALID_REQUEST',
      'content.0.source.data',
    ],
    [
      'a picture as text',
      { content: [{ type: 'image', source: { type: 'text', data: 'x' } }] },
      400,
      'INVALID_REQUEST',
      'content.0.source.type',
    ],
    [
      'a picture that is text',
      { content: [said('look'), inline('image', words)] },
      422,
      'CONTENT_TYPE_NOT_SUPPORTED',
      'content.1.source',
    ],
    [
      'a picture that is a PDF',
      { content: [inline('image', PDF)] },
      422,
      'CONTENT_TYPE_NOT_SUPPORTED',
      'content.0.source',
    ],
    [
      'a document that is a picture',
      { content: [inline('document', PNG)] },
      422,
      'CONTENT_TYPE_NOT_SUPPORTED',
      'content.0.source',
    ],
    [
      'a document of unknown bytes',
      { content: [inline('document', Buffer.from([0, 1, 2, 3]))] },
      422,
      'CONTENT_TYPE_NOT_SUPPORTED',
      'content.0.source',
    ],
    [
      'a PNG that claims to be a JPEG',
      { content: [inline('image', PNG, { media_type: 'image/jpeg' })] },
      422,
      'CONTENT_TYPE_NOT_SUPPORTED',
      'content.0.source',
    ],
    [
      'an unknown file',
      { content: [{ type: 'image', source: fileOf('0197f0a0-0000-7000-8000-000000000000') }] },
      404,
      'FILE_NOT_FOUND',
      'content.0.source.file_id',
    ],
  ])(
    'is refused before anything is queued: %s',
    async ([, request, status, code, field], { api, db }) => {
      const before = await db.collection('sessions').countDocuments();
      const refused = await launch(api, request);
      expect(refused.statusCode).toBe(status);
      expect(refused.json().error).toMatchObject({ code, details: { field } });
      expect(await db.collection('sessions').countDocuments()).toBe(before);
    },
  );

  test('is refused if its files have more than 23 MB together', async ({ api }) => {
    const source = fileOf(await upload(api, makePdf(12_000_000)));
    const block = { type: 'document', source };
    expect((await launch(api, { content: [block] })).statusCode).toBe(202);
    const refused = await launch(api, { content: [block, block] });
    expect(refused.statusCode).toBe(413);
    expect(refused.json().error).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      details: { field: 'content' },
    });
  });

  withKeys('may not show a file of another tenant', async ({ keyed }) => {
    const theirs = await keyed.as('write', 'theirs');
    const ours = await keyed.as('write', 'ours');
    const file = await keyed.app.inject({
      method: 'POST',
      url: '/v1/files',
      payload: PNG,
      headers: theirs,
    });
    const content = [{ type: 'image', source: fileOf(file.json().id) }];
    expect((await launch(keyed, { content }, ours)).json().error.code).toBe('FILE_NOT_FOUND');
    expect((await launch(keyed, { content }, theirs)).statusCode).toBe(202);
  });
});

describe('many launches with content', () => {
  test('each have their own result, and a repeated launch its earlier session', async ({ api }) => {
    const sessions = [
      { content: [inline('image', PNG)], idempotency_key: 'bulk picture' },
      { content: [inline('image', PDF)] },
      { query: 'words' },
    ];
    const first = (await post(api, '/v1/sessions/bulk', { sessions })).json().results;
    expect(first.map(({ status }: { status: number }) => status)).toEqual([202, 422, 202]);
    const again = (await post(api, '/v1/sessions/bulk', { sessions })).json().results;
    expect(again[0]).toMatchObject({ replayed: true, session: { id: first[0].session.id } });
  });
});

describe('a rerun of a session with content', () => {
  test('has the same content, and keeps its files too', async ({ api, db }) => {
    const made = await launch(api, { content: [said('look'), inline('image', PNG)] });
    const id = made.json().id;
    const rerun = (await post(api, `/v1/sessions/${id}/rerun`, {})).json();
    expect(rerun.query).toBe('look');
    const config = await configOf(api, rerun.id);
    expect(config).toEqual(await configOf(api, id));
    const pins = await db
      .collection('file_pins')
      .find({ file_id: fileIdOf(config.content?.[1]) })
      .toArray();
    expect(pins.map(({ session_id }) => session_id).sort()).toEqual([id, rerun.id].sort());
  });
});

describe('a continue of a session with content', () => {
  test('does not inherit the content, and may have content itself', async ({ api, db }) => {
    const id = (await launch(api, { content: [inline('image', PNG)] })).json().id;
    const url = `/v1/sessions/${id}/continue`;
    const plain = (await post(api, url, { query: 'next', on_busy: 'enqueue' })).json();
    expect(await configOf(api, plain.id)).toEqual({ query: 'next' });
    const content = [said('and this'), inline('document', PDF)];
    const shown = (await post(api, url, { content, on_busy: 'enqueue' })).json();
    expect((await configOf(api, shown.id)).content).toEqual([
      said('and this'),
      { type: 'document', source: stored },
    ]);
    const pin = await db.collection('file_pins').findOne({ session_id: shown.id });
    expect(pin).not.toBeNull();
  });
});

describe('a message with content', () => {
  test('is listed with its blocks and with the text that stands for them', async ({ api, db }) => {
    const id = (await launch(api, { query: 'wait' })).json().id;
    const url = `/v1/sessions/${id}/messages`;
    const sent = await post(api, url, { content: [said('look here'), inline('image', PNG)] });
    expect(sent.statusCode).toBe(202);
    const [message] = (await api.app.inject({ url })).json().messages;
    expect(message).toMatchObject({
      id: sent.json().id,
      content: 'look here',
      blocks: [said('look here'), { type: 'image', source: stored }],
      priority: 'next',
    });
    const { requires } = await api.manager.getSession(id);
    expect(requires).toEqual(expect.arrayContaining(['messages', 'files']));
    const pin = await db.collection('file_pins').findOne({ session_id: id });
    expect(pin).toMatchObject({ file_id: message.blocks[1].source.file_id });
  });

  test('waits for the end of the turn if it has a document', async ({ api }) => {
    const id = (await launch(api, { query: 'wait' })).json().id;
    const url = `/v1/sessions/${id}/messages`;
    await post(api, url, { content: [inline('document', PDF)] });
    await post(api, url, { content: [inline('document', PDF)], priority: 'now' });
    const { messages } = (await api.app.inject({ url })).json();
    expect(messages.map(({ priority }: { priority: string }) => priority)).toEqual([
      'later',
      'now',
    ]);
  });

  test('is sent once for two requests with one idempotency key, and its bytes are stored once', async ({
    api,
    db,
  }) => {
    const id = (await launch(api, { query: 'wait' })).json().id;
    const url = `/v1/sessions/${id}/messages`;
    const headers = { 'idempotency-key': 'one message' };
    const picture = noisePng(9, 9);
    const request = { content: [inline('image', picture)] };
    const first = await post(api, url, request, headers);
    const second = await post(api, url, request, headers);
    expect(second.json()).toEqual(first.json());
    expect(second.headers['idempotency-replayed']).toBe('true');
    const sha256 = createHash('sha256').update(picture).digest('hex');
    const files = db.collection('files.files');
    expect(await files.countDocuments({ 'metadata.sha256': sha256 })).toBe(1);
    const other = await post(api, url, { content: [inline('image', PNG)] }, headers);
    expect(other.json().error.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  test('is refused by the worker of a version that knows only texts', async ({ api, db }) => {
    const id = (await launch(api, { query: 'wait' })).json().id;
    const lease = { fence: 1, takes_messages: true };
    await db
      .collection<{ _id: string }>('sessions')
      .updateOne({ _id: id }, { $set: { status: 'running', lease } });
    const url = `/v1/sessions/${id}/messages`;
    const refused = await post(api, url, { content: [inline('image', PNG)] });
    expect(refused.json().error.code).toBe('WORKER_OUTDATED');
    expect((await post(api, url, { content: 'only words' })).statusCode).toBe(202);
  });

  test('is refused with the field of the block at fault', async ({ api }) => {
    const id = (await launch(api, { query: 'wait' })).json().id;
    const content = [said('look'), inline('image', PDF)];
    const refused = await post(api, `/v1/sessions/${id}/messages`, { content });
    expect(refused.json().error).toMatchObject({
      code: 'CONTENT_TYPE_NOT_SUPPORTED',
      details: { field: 'content.1.source' },
    });
  });
});

describe('a schedule', () => {
  const every = { every_ms: 3_600_000 };
  test('launches content of texts', async ({ api }) => {
    const content = [said('one'), said('two')];
    const made = await post(api, '/v1/schedules', { ...every, launch: { content } });
    expect(made.json().launch).toMatchObject({ query: 'one\n\ntwo', content });
    const changed = await api.app.inject({
      method: 'PATCH',
      url: `/v1/schedules/${made.json().id}`,
      payload: { title: 'still the same launch' },
    });
    expect(changed.json().launch).toMatchObject({ query: 'one\n\ntwo', content });
  });

  test('is refused with a picture or a document', async ({ api }) => {
    const content = [said('one'), inline('image', PNG)];
    const refused = await post(api, '/v1/schedules', { ...every, launch: { content } });
    expect(refused.statusCode).toBe(422);
    expect(refused.json().error).toMatchObject({
      code: 'CONTENT_TYPE_NOT_SUPPORTED',
      details: { field: 'launch.content.1' },
    });
  });
});

describe('a producer with Redis alone', () => {
  test('enqueues content of texts, and refuses pictures and documents', async ({
    api,
    queuePrefix,
  }) => {
    const producer = createProducer({ connection: redisUrl(), prefix: queuePrefix });
    const content = [{ type: 'text' as const, text: 'only words' }];
    const { id } = await producer.launchSession({ content });
    expect((await api.manager.getSession(id)).config).toEqual({ query: 'only words', content });
    const picture = { type: 'image' as const, source: { type: 'base64' as const, data: 'aGk=' } };
    await expect(producer.launchSession({ content: [...content, picture] })).rejects.toMatchObject({
      code: 'CONTENT_TYPE_NOT_SUPPORTED',
      details: { field: 'content.1' },
    });
    await producer.close();
  });
});
