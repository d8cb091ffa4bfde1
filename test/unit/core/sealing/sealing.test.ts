import {
  createOpener,
  createSealer,
  generateOpeningKey,
  type IsOurs,
  newId,
  type OpeningKey,
  publicPart,
  redactConfig,
  type SessionConfig,
} from '@baton/core/internal';
import { CompactEncrypt, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  parsePrivateKeys,
  parsePublicKeys,
  parseSealingKeys,
} from '../../../../packages/core/src/sealing/key-set.ts';
import { findKids, resealConfig } from '../../../../packages/core/src/sealing/rotation.ts';
import { makeContinueJob, makeFullConfig, makeLaunchJob } from '../../../support/factories.ts';

const ours: IsOurs = async () => true;
const theirs: IsOurs = async () => false;
const SECRET = 's3cret';

let key: OpeningKey;
let other: OpeningKey;

beforeAll(async () => {
  key = await generateOpeningKey();
  other = await generateOpeningKey();
});

const sealer = (to: OpeningKey = key) => createSealer([publicPart(to)]);
const opener = (...keys: OpeningKey[]) => createOpener(keys.length > 0 ? keys : [key]);

async function sealedBy(
  header: Record<string, unknown>,
  text: string | Uint8Array = 'hush',
): Promise<string> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const jwe = await new CompactEncrypt(bytes)
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', ...header } as never)
    .encrypt(await importJWK(publicPart(key), 'ECDH-ES+A256KW'));
  return `baton-sealed.${jwe}`;
}

const inEnv = (value: string): SessionConfig => ({ query: 'q', env: { TOKEN: value } });

async function openEnv(value: string, isOurs = ours, keys = [key]): Promise<string | undefined> {
  const { config } = await createOpener(keys).config(inEnv(value), isOurs);
  return config.env?.['TOKEN'];
}

describe('a sealed config', () => {
  test('contains no secret and opens to the original config', async () => {
    const config = makeFullConfig();
    const sealed = await sealer().config(config, newId());
    expect(JSON.stringify(sealed)).not.toContain(SECRET);
    expect(sealed.env?.['API_TOKEN']).toMatch(/^baton-sealed\./);
    const { config: open, opened } = await opener().config(sealed, ours);
    expect(open).toEqual(config);
    expect(opened).toContain('s3cret-env');
  });

  test('has the credentials of its repository sealed, which open again', async () => {
    const config: SessionConfig = {
      query: 'q',
      workspace: {
        type: 'git',
        url: 'https://example.test/a.git',
        credentials: { username: 'ann', password: 's3cret-password' },
      },
    };
    const sealed = await sealer().config(config, newId());
    expect(JSON.stringify(sealed)).not.toContain('s3cret-password');
    const { config: open, opened } = await opener().config(sealed, ours);
    expect(open).toEqual(config);
    expect(opened).toEqual(['s3cret-password']);
  });

  test('shows readers no sealed value', async () => {
    const sealed = await sealer().config(makeFullConfig(), newId());
    expect(JSON.stringify(redactConfig(sealed))).not.toContain('baton-sealed.');
    const anywhere: SessionConfig = {
      query: 'q',
      settings: { note: await sealedBy({ kid: key.kid }) },
      mcp_config: { mcpServers: { own: { command: 'x', args: [await sealedBy({})] } } },
    };
    expect(JSON.stringify(redactConfig(anywhere))).not.toContain('baton-sealed.');
  });

  test('differs each time it is made, but is not sealed a second time', async () => {
    const id = newId();
    const [one, two] = [
      await sealer().config(inEnv('x'), id),
      await sealer().config(inEnv('x'), id),
    ];
    expect(one).not.toEqual(two);
    expect(await sealer().config(one, id)).toEqual(one);
    expect(await sealer().config(one, newId())).toEqual(one);
  });

  test('is the plain config if there are no keys', async () => {
    const job = makeLaunchJob({ config: makeFullConfig() });
    expect(await createSealer([]).job(job, true)).toBe(job);
  });

  test('may contain at most 256 secrets', async () => {
    const names = Array.from({ length: 257 }, (_, index) => [`N${index}`, 'x']);
    await expect(
      sealer().config({ query: 'q', env: Object.fromEntries(names) }, newId()),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST', details: { field: 'env.N256' } });
  });
});

describe('a sealed job', () => {
  test.each([
    ['of a launch', makeLaunchJob({ config: makeFullConfig() })],
    ['of a continue', makeContinueJob(newId(), { overrides: makeFullConfig() })],
  ])(
    '%s contains no secret, and it has the hash of the original only with an idempotency key',
    async (_, job) => {
      const [plain, keyed] = [await sealer().job(job), await sealer().job(job, true)];
      expect(JSON.stringify([plain, keyed])).not.toContain(SECRET);
      expect(plain.config_hash).toBeUndefined();
      expect(keyed.config_hash).toMatch(/^[0-9a-f]{64}$/);
    },
  );
});

describe('a value that a caller sealed', () => {
  // Sealed with jwcrypto (Python) for the key of RFC 7518, appendix C.
  const RFC_KEY = JSON.stringify({
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        kid: 'rfc7518',
        x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
        y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
        d: 'VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw',
      },
    ],
  });
  const FROM_PYTHON =
    'baton-sealed.eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0yNTYiLCJrdHkiOiJFQyIsIngiOiI3ZDFGUVY3M09aZ0plblUtSEpyVE9oQ3dyTTd5U2lCYm91SEFBTHdmbW8wIiwieSI6InNHaTFtZ1lRWkdxSVNpWDZ2SkczX0ZxUnhiQjN3czg3bFVmMDBlUzY4S3cifSwia2lkIjoicmZjNzUxOCJ9.RXOqcQ7CKD15l0P5P4Z3_IOWLTByIlHZvl7R5kJl4FJc0jDmCLIqcQ.FGZEtS812pHigEzq.TzJog1-a2mPeN5CWX45I89IEoQRp.ytGGEbUGYHa3kb2iqWNPvQ';

  test('in another language can be opened', async () => {
    const keys = parsePrivateKeys(RFC_KEY, 'the RFC');
    expect(await openEnv(FROM_PYTHON, theirs, keys)).toBe('from-another-language');
  });

  test('may replace all or part of any text in env, settings and mcp_config', async () => {
    const sealed = await sealedBy({ kid: key.kid }, 'a/b c');
    const config: SessionConfig = {
      query: 'q',
      env: { TOKEN: sealed },
      settings: { hooks: [{ note: `say ${sealed} twice ${sealed}` }] },
      mcp_config: {
        mcpServers: {
          own: { command: 'run', args: [`--with=${sealed}`] },
          web: {
            type: 'http',
            url: `https://${sealed}@example.test/?key=${sealed}`,
            headers: { Authorization: `Bearer ${sealed}` },
          },
        },
      },
    };
    const { config: open } = await opener().config(config, theirs);
    expect(open).toMatchObject({
      env: { TOKEN: 'a/b c' },
      settings: { hooks: [{ note: 'say a/b c twice a/b c' }] },
      mcp_config: {
        mcpServers: {
          own: { args: ['--with=a/b c'] },
          web: {
            url: 'https://a%2Fb%20c@example.test/?key=a%2Fb%20c',
            headers: { Authorization: 'Bearer a/b c' },
          },
        },
      },
    });
  });

  test('without a session is sealed again for its session', async () => {
    const id = newId();
    const sealed = await sealer().config(inEnv(await sealedBy({ kid: key.kid })), id);
    const value = sealed.env?.['TOKEN'] ?? '';
    expect(await openEnv(value, async (session) => session === id)).toBe('hush');
    await expect(openEnv(value, theirs)).rejects.toMatchObject({ code: 'SECRET_NOT_OPENED' });
  });

  test('for one session opens only in that session’s conversation, even if it is sealed again', async () => {
    const stolen = await sealedBy({ kid: key.kid, baton_session: 'theirs' });
    const wrapped = await sealer().text(stolen, 'mine');
    for (const value of [stolen, wrapped]) {
      await expect(openEnv(value, async (id) => id === 'mine')).rejects.toThrow(
        expect.objectContaining({ code: 'SECRET_NOT_OPENED', details: { field: 'env.TOKEN' } }),
      );
    }
  });
});

describe('a sealed value that cannot be opened is refused, and the error does not show the value:', () => {
  const damaged = (value: string) => `${value.slice(0, -6)}AAAAAA`;

  test.each<[string, () => Promise<string>]>([
    ['a value that is not a JWE', async () => 'baton-sealed.hush'],
    ['a value without a header', async () => 'baton-sealed.hush.a.b.c.d'],
    ['a damaged value', async () => damaged(await sealedBy({ kid: key.kid }))],
    ['a value for another key', async () => sealer(other).text('hush', newId())],
    ['a value that names an unknown key', async () => sealedBy({ kid: 'elsewhere' })],
    ['a compressed value', async () => sealedBy({ kid: key.kid, zip: 'DEF' }).catch(zipped)],
    ['a value with a NUL character', async () => sealedBy({ kid: key.kid }, 'hu\0sh')],
    [
      'a value that is not UTF-8 text',
      async () => sealedBy({ kid: key.kid }, new Uint8Array([0xff, 0xfe])),
    ],
    ['a value with too many layers', async () => layers(6)],
  ])('%s', async (_, make) => {
    const value = await make();
    const error = await openEnv(value).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SECRET_NOT_OPENED', details: { field: 'env.TOKEN' } });
    expect(String(error)).not.toContain('hush');
    expect(String(error)).not.toContain(value);
  });

  test('any value, if the worker has no key', async () => {
    await expect(openEnv(await sealedBy({}), ours, [])).rejects.toMatchObject({
      code: 'SECRET_NOT_OPENED',
    });
  });

  function zipped(): string {
    const header = Buffer.from('{"alg":"ECDH-ES+A256KW","enc":"A256GCM","zip":"DEF"}');
    return `baton-sealed.${header.toString('base64url')}.a.b.c.d`;
  }

  async function layers(many: number): Promise<string> {
    let value = 'hush';
    for (let layer = 0; layer < many; layer += 1) value = await sealer().text(value);
    return value;
  }
});

describe('key rotation', () => {
  test('seals plain values and values of an old key with the new key', async () => {
    const id = newId();
    const config: SessionConfig = {
      ...(await sealer().config(makeFullConfig(), id)),
      settings: { note: await sealedBy({ kid: key.kid }), token: 's3cret-plain' },
    };
    expect(findKids(config)).toEqual(new Set([key.kid, 'plain']));
    const tools = { opener: opener(key, other), sealer: sealer(other) };
    const done = await resealConfig(config, tools, { sessionId: id, isOurs: ours });
    if (!done || 'refused' in done) throw new Error('expected another config');
    expect(findKids(done.config)).toEqual(new Set([other.kid]));
    expect(JSON.stringify(done.config)).not.toMatch(/s3cret|hush/);
    const { config: open } = await opener(other).config(done.config, async (to) => to === id);
    expect(open).toEqual({
      ...makeFullConfig(),
      settings: { note: 'hush', token: 's3cret-plain' },
    });
    expect(await resealConfig(done.config, tools, { sessionId: id, isOurs: ours })).toBeNull();
  });

  test('leaves a value that it cannot open, and returns the reason', async () => {
    const config = inEnv(await sealedBy({ kid: key.kid, baton_session: 'theirs' }));
    const tools = { opener: opener(key, other), sealer: sealer(other) };
    expect(await resealConfig(config, tools, { sessionId: 'mine', isOurs: theirs })).toMatchObject({
      refused: { code: 'SECRET_NOT_OPENED', details: { field: 'env.TOKEN' } },
    });
  });
});

describe('a key set', () => {
  test('names a new key by its thumbprint, and its public part contains no private value', () => {
    const [read] = parsePublicKeys(JSON.stringify({ keys: [publicPart(key)] }), 'FILE');
    expect(read).toEqual(publicPart(key));
    expect(read).toMatchObject({ kid: expect.stringMatching(/^[\w-]{43}$/), use: 'enc' });
    expect(read).not.toHaveProperty('d');
  });

  test.each([
    ['invalid JSON', () => `{"d": "${key.d}"`],
    ['a key instead of a set', () => JSON.stringify(publicPart(key))],
    ['no key', () => '{"keys": []}'],
    ['a key without a name', () => JSON.stringify({ keys: [{ ...publicPart(key), kid: '' }] })],
    ['a symmetric key', () => JSON.stringify({ keys: [{ kty: 'oct', k: 'abc', kid: 'x' }] })],
    ['a private key', () => JSON.stringify({ keys: [key] })],
    [
      'a point that is not on its curve',
      () => JSON.stringify({ keys: [{ ...publicPart(key), x: 'AAAA' }] }),
    ],
    ['half a point', () => JSON.stringify({ keys: [{ ...publicPart(key), y: undefined }] })],
    [
      'a curve of another kind',
      () => JSON.stringify({ keys: [{ ...publicPart(key), kty: 'OKP' }] }),
    ],
  ])('of public keys is refused with %s, and the error shows no key', (_, text) => {
    const read = () => parsePublicKeys(text(), 'FILE');
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    expect(read).toThrow(/^FILE: /);
    expect(read).not.toThrow(key.d);
  });

  test.each([
    ['null', null],
    ['a string', ''],
    ['a value that JSON cannot hold', [{ kid: 1n }]],
  ])('from a caller is refused if it is %s', (_, keys) => {
    const read = () => parseSealingKeys(keys as readonly unknown[], 'publicKeys');
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });

  test.each([
    ['a point that is not on its curve', { x: 'AAAA' }],
    ['half a point', { y: undefined }],
  ])('of private keys is refused with %s, and the error shows no key', (_, change) => {
    const read = () => parsePrivateKeys(JSON.stringify({ keys: [{ ...key, ...change }] }), 'FILE');
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    expect(read).not.toThrow(key.d);
  });
});
