// With an operator key, secrets sent over HTTP are stored only sealed.
import { createHook } from 'node:async_hooks';
import {
  createAdopter,
  createOpener,
  createProducer,
  createSealer,
  generateOpeningKey,
  newId,
  type OpeningKey,
  publicPart,
  type Session,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test as base, databaseUrl, openApi } from '../../../support/api.ts';
import { makeCompletedSession, makeFullConfig, makeLaunchJob } from '../../../support/factories.ts';
import { redisUrl } from '../../../support/services.ts';

// Every secret of makeFullConfig() starts with this.
const SECRET = 's3cret';

const test = base.extend<{ $file: { key: OpeningKey; sealed: Api } }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  key: [async ({}, use) => use(await generateOpeningKey()), { scope: 'file' }],
  sealed: [
    async ({ databaseName, queuePrefix, key, db: _dropped }, use) => {
      const api = await openApi({
        redis: redisUrl(),
        mongodb: databaseUrl(databaseName),
        prefix: queuePrefix,
        policy: { allowedRoots: ['/srv'] },
        sealingKeys: [publicPart(key)],
      });
      await use(api);
      await api.queue.bull.obliterate({ force: true });
      await api.close();
    },
    { scope: 'file' },
  ],
});

function post(api: Api, url: string, payload: object, headers: Record<string, string> = {}) {
  return api.app.inject({ method: 'POST', url, payload, headers });
}

/** Returns the session and the text of its document and job as they are stored. */
async function stored(api: Api, id: string): Promise<{ session: Session; text: string }> {
  const session = await api.stores.sessions.get(id);
  if (!session) throw new Error(`expected a session ${id}`);
  const job = await api.queue.bull.getJob(id);
  return { session, text: JSON.stringify([session, job?.data]) };
}

async function openConfig(key: OpeningKey, session: Session) {
  const { config } = await createOpener([key]).config(session.config, async () => true);
  return config;
}

describe('if the operator has a key, no store holds a plain secret of', () => {
  test('a launch', async ({ sealed, key }) => {
    const answer = await post(sealed, '/v1/sessions', makeFullConfig());
    const { session, text } = await stored(sealed, answer.json().id);
    expect(text).not.toContain(SECRET);
    expect(text).toContain('baton-sealed.');
    expect(await openConfig(key, session)).toEqual(makeFullConfig());
    expect(sealed.logged.join('\n')).not.toContain(SECRET);
  });

  test('a launch of a bulk request', async ({ sealed, key }) => {
    const answer = await post(sealed, '/v1/sessions/bulk', {
      sessions: [makeFullConfig(), { query: 'q' }],
    });
    const { session, text } = await stored(sealed, answer.json().results[0].session.id);
    expect(text).not.toContain(SECRET);
    expect(await openConfig(key, session)).toEqual(makeFullConfig());
  });

  test('a continue that inherits secrets stored before there was a key', async ({
    sealed,
    key,
  }) => {
    const parent = makeCompletedSession({ config: makeFullConfig() });
    await sealed.stores.sessions.insertIfAbsent(parent);
    const answer = await post(sealed, `/v1/sessions/${parent.id}/continue`, {
      query: 'go on',
      env: { OWN: 's3cret-own' },
    });
    const { session, text } = await stored(sealed, answer.json().id);
    expect(text).not.toContain(SECRET);
    expect(await openConfig(key, session)).toMatchObject({
      env: { OWN: 's3cret-own' },
      mcp_config: makeFullConfig().mcp_config,
    });
  });

  test('a continue, whose inherited sealed values stay unchanged', async ({ sealed }) => {
    const first = await post(sealed, '/v1/sessions', makeFullConfig());
    const { session: launched } = await stored(sealed, first.json().id);
    const { status, transcript, end_time } = makeCompletedSession({ id: launched.id });
    const parent = { ...launched, id: newId(), status, end_time, transcript };
    parent.transcript.files[0] = { ...transcript.files[0], path: `${launched.id}.jsonl` } as never;
    await sealed.stores.sessions.insertIfAbsent(parent as Session);
    const answer = await post(sealed, `/v1/sessions/${parent.id}/continue`, { query: 'go on' });
    const { session } = await stored(sealed, answer.json().id);
    expect(session.config.env).toEqual(launched.config.env);
    expect(session.config.mcp_config).toEqual(launched.config.mcp_config);
  });

  test('a schedule', async ({ sealed, db }) => {
    const answer = await post(sealed, '/v1/schedules', {
      every_ms: 3_600_000,
      launch: makeFullConfig(),
    });
    expect(answer.statusCode, answer.body).toBe(201);
    expect(answer.body).not.toContain('baton-sealed.');
    const document = await db.collection<{ _id: string }>('schedules').findOne({
      _id: answer.json().id,
    });
    expect(JSON.stringify(document)).not.toContain(SECRET);
    expect(JSON.stringify(document)).toContain('baton-sealed.');
    await sealed.app.inject({ method: 'DELETE', url: `/v1/schedules/${answer.json().id}` });
  });

  test('a plain job of another client, once it is adopted', async ({ sealed, key }) => {
    const job = makeLaunchJob({ config: makeFullConfig() });
    await sealed.queue.add(job);
    const read = await sealed.app.inject({ url: `/v1/sessions/${job.id}` });
    expect(read.statusCode).toBe(200);
    const session = await sealed.stores.sessions.get(job.id);
    expect(JSON.stringify(session)).not.toContain(SECRET);
    expect(session && (await openConfig(key, session))).toEqual(makeFullConfig());
  });

  test('a producer that has the public key', async ({ sealed, key, queuePrefix }) => {
    const { keys } = (await sealed.app.inject({ url: '/.well-known/jwks.json' })).json();
    const producer = createProducer({
      connection: redisUrl(),
      prefix: queuePrefix,
      sealTo: keys[0],
    });
    const { id } = await producer.launchSession(makeFullConfig(), { idempotency_key: 'mine' });
    await producer.close();
    const job = await sealed.queue.bull.getJob(id);
    expect(JSON.stringify(job?.data)).not.toContain(SECRET);
    await sealed.app.inject({ url: `/v1/sessions/${id}` });
    const { session } = await stored(sealed, id);
    expect(await openConfig(key, session)).toEqual(makeFullConfig());
    // The same request over HTTP matches by the hash that was taken before sealing.
    const again = await post(sealed, '/v1/sessions', makeFullConfig(), {
      'idempotency-key': 'mine',
    });
    expect([again.statusCode, again.json().id]).toEqual([202, id]);
  });
});

describe('an idempotency key of a sealed launch', () => {
  test('returns the same session for the same secrets, and a conflict for other secrets', async ({
    sealed,
  }) => {
    const headers = { 'idempotency-key': newId() };
    const one = await post(sealed, '/v1/sessions', makeFullConfig(), headers);
    const two = await post(sealed, '/v1/sessions', makeFullConfig(), headers);
    expect([two.statusCode, two.json().id]).toEqual([202, one.json().id]);
    const other = { ...makeFullConfig(), env: { API_TOKEN: 's3cret-other' } };
    const three = await post(sealed, '/v1/sessions', other, headers);
    expect(three.json()).toMatchObject({ error: { code: 'IDEMPOTENCY_CONFLICT' } });
  });

  test('returns the same session if the API died between its two writes', async ({
    sealed,
    key,
  }) => {
    const headers = { 'idempotency-key': newId() };
    const one = await post(sealed, '/v1/sessions', makeFullConfig(), headers);
    const { id } = one.json();
    const job = await sealed.queue.bull.getJob(id);
    const sealer = createSealer([publicPart(key)]);
    const fresh = { get: async () => null, insertIfAbsent: async (made: Session) => made };
    const adopter = createAdopter(
      { ...sealed.stores, sessions: fresh as never },
      async () => null,
      () => {},
      sealer,
    );
    const adopted = await adopter.adopt({ id, data: job?.data, timestamp: Date.now() });
    expect(adopted.config_hash).toBe((await sealed.stores.sessions.get(id))?.config_hash);
  });
});

describe('GET /.well-known/jwks.json', () => {
  test('returns only the public keys', async ({ sealed, key }) => {
    const answer = await sealed.app.inject({ url: '/.well-known/jwks.json' });
    expect(answer.json()).toEqual({ keys: [publicPart(key)] });
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
  });

  test('returns no keys if the operator has none', async ({ api }) => {
    expect((await api.app.inject({ url: '/.well-known/jwks.json' })).json()).toEqual({ keys: [] });
  });
});

describe('a bulk launch with secrets', () => {
  const withSecrets = (n: number) => ({
    query: 'q',
    env: Object.fromEntries(Array.from({ length: n }, (_, index) => [`K${index}`, SECRET])),
  });

  test('accepts 2,000 secrets in all, and refuses a launch that exceeds that number', async ({
    sealed,
  }) => {
    const sessions = [...Array.from({ length: 9 }, () => withSecrets(240)), withSecrets(80)];
    const answer = await post(sealed, '/v1/sessions/bulk', { sessions });
    const { results } = answer.json();
    const statuses = results.map(({ status }: { status: number }) => status);
    expect(statuses).toEqual([202, 202, 202, 202, 202, 202, 202, 202, 400, 202]);
    expect(results[8].error).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/^env\.K80: .*2000/),
      details: { field: 'env.K80' },
    });
    const { text } = await stored(sealed, results[9].session.id);
    expect(text).not.toContain(SECRET);
  });

  test('seals a few secrets per turn of the event loop, so other calls are served', async ({
    sealed,
  }) => {
    // Each seal starts by generating its own key pair.
    let begun = 0;
    let mostInOneTurn = 0;
    const hook = createHook({
      init(_id, type) {
        if (type !== 'KEYPAIRGENREQUEST') return;
        begun += 1;
        mostInOneTurn = Math.max(mostInOneTurn, begun);
      },
    });
    let all = 0;
    let isDone = false;
    const endTurn = () => {
      all += begun;
      begun = 0;
      if (!isDone) setImmediate(endTurn);
    };
    hook.enable();
    endTurn();
    const sessions = Array.from({ length: 20 }, () => withSecrets(50));
    const answer = await post(sealed, '/v1/sessions/bulk', { sessions });
    isDone = true;
    hook.disable();
    expect(answer.statusCode).toBe(200);
    expect(all + begun).toBe(1_000);
    expect(mostInOneTurn).toBeLessThanOrEqual(8);
  });
});
