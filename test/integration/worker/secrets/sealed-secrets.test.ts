// A worker opens sealed secrets; `npm run secrets` makes and rotates its keys.
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createProducer,
  createSealer,
  defined,
  type OpeningKey,
  parsePrivateKeys,
  parsePublicKeys,
  type Session,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { nodeArguments } from '../../../../tools/process/node-arguments.ts';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { test as base, type Fleet } from '../../../support/fleet.ts';
import { redisUrl } from '../../../support/services.ts';
import { runWorker } from '../../../support/worker-process.ts';

const COMMAND = join(import.meta.dirname, '../../../../apps/worker/src/secrets.ts');

interface Keys {
  /** Makes a private key with the command, and returns its file and its public part. */
  make(name: string): Promise<{ file: string; jwks: string; key: OpeningKey }>;
  run(args: string[], env?: Record<string, string>): Promise<{ stdout: string; stderr: string }>;
}

const test = base.extend<{ $file: { keys: Keys } }>({
  keys: [
    async ({ fleet }, use) => {
      const { PATH = '', HOME = '', MONGODB_URL = '' } = fleet.env;
      const run: Keys['run'] = (args, env = {}) =>
        promisify(execFile)(process.execPath, nodeArguments(COMMAND, ...args), {
          env: { PATH, HOME, MONGODB_URL, ...env },
        });
      await use({
        run,
        async make(name) {
          const file = join(fleet.root, name);
          const { stdout: jwks } = await run(['keygen', file]);
          const [key] = parsePrivateKeys(await readFile(file, 'utf8'), name);
          if (!key) throw new Error('expected a key');
          return { file, jwks, key };
        },
      });
    },
    { scope: 'file' },
  ],
});

/** Launches a session that writes its environment to a file of this name. */
async function dumped(fleet: Fleet, name: string, env: Record<string, string>): Promise<string> {
  const dump = join(fleet.root, `${name}.json`);
  return fleet.play([{ dump }, { say: 'done' }], { env });
}

async function envOf(fleet: Fleet, name: string): Promise<Record<string, string>> {
  return JSON.parse(await readFile(join(fleet.root, `${name}.json`), 'utf8')).env;
}

describe('a worker with the private key', () => {
  test('gives the process the opened secret, stores it sealed, and masks it in the failure', async ({
    fleet,
    keys,
  }) => {
    const { file, jwks } = await keys.make('first.jwks');
    await fleet.worker({ SECRETS_PRIVATE_KEYS: file });
    const [to] = parsePublicKeys(jwks, 'first');
    const producer = createProducer({
      connection: redisUrl(),
      prefix: fleet.env['QUEUE_PREFIX'] ?? '',
      ...defined({ sealTo: to }),
    });
    const dump = join(fleet.root, 'sealed.json');
    const { id } = await producer.launchSession({
      query: fakePrompt([
        { dump },
        { stderr: 'it was s3cret-env\n' },
        { result: false },
        { exit: 3 },
      ]),
      env: { API_TOKEN: 's3cret-env' },
      recovery: { max_retries: 0 },
    });
    await producer.close();
    const session = await fleet.ended(id);
    expect(await envOf(fleet, 'sealed')).toMatchObject({ API_TOKEN: 's3cret-env' });
    expect(session.failure?.stderr_tail).toContain('it was **********');
    expect(JSON.stringify([session.failure, session.config.env])).not.toContain('s3cret-env');
    expect(session.config.env?.['API_TOKEN']).toMatch(/^baton-sealed\./);
  });

  test('seals plain secrets, and opens the secrets that a continue inherits', async ({ fleet }) => {
    const parent = await dumped(fleet, 'parent', { API_TOKEN: 's3cret-plain' });
    expect((await fleet.ended(parent)).config.env?.['API_TOKEN']).toMatch(/^baton-sealed\./);
    const dump = join(fleet.root, 'child.json');
    const child = await fleet.continue(parent, { query: fakePrompt([{ dump }, { say: 'x' }]) });
    const ended = await fleet.ended(child);
    expect(ended).toMatchObject({
      status: 'completed',
      config: { env: { API_TOKEN: expect.stringMatching(/^baton-sealed\./) } },
    });
    expect(await envOf(fleet, 'child')).toMatchObject({ API_TOKEN: 's3cret-plain' });
  });

  test('checks the policy on opened secrets', async ({ fleet, keys }) => {
    const { file, jwks } = await keys.make('judged.jwks');
    const sibling = fleet.sibling();
    await sibling.worker({ SECRETS_PRIVATE_KEYS: file });
    const Authorization = await createSealer(parsePublicKeys(jwks, 'x')).text('pa$SWORD');
    const hook = { type: 'http', url: 'http://hook.test', headers: { Authorization } };
    const id = await sibling.launch({
      query: 'q',
      settings: { hooks: { Stop: [{ hooks: [hook] }] } },
    });
    expect(await sibling.ended(id)).toMatchObject({
      status: 'failed',
      failure: {
        code: 'OPTION_NOT_ALLOWED',
        field: 'settings.hooks.Stop.0.hooks.0.headers.Authorization',
      },
    });
  });

  test('fails a session whose secret was sealed for another session', async ({ fleet }) => {
    const donor = await dumped(fleet, 'donor', { API_TOKEN: 's3cret-stolen' });
    const { config } = await fleet.ended(donor);
    const id = await dumped(fleet, 'thief', { LOOK: config.env?.['API_TOKEN'] ?? '' });
    const session = await fleet.ended(id);
    expect(session).toMatchObject({
      status: 'failed',
      failure: { code: 'SECRET_NOT_OPENED', field: 'env.LOOK', retryable: false },
    });
    expect(await fleet.events(id)).toEqual([]);
    // A rerun may open no more than the session that it runs again.
    const again = await fleet.baton.manager.rerunSession(id);
    expect(await fleet.ended(again.id)).toMatchObject({ failure: { code: 'SECRET_NOT_OPENED' } });
  });

  test('opens the secrets of a rerun, also after its source was deleted', async ({ fleet }) => {
    const { manager, deletion } = fleet.baton;
    const dump = join(fleet.root, 'reruns.json');
    const root = await dumped(fleet, 'rerun-root', { API_TOKEN: 's3cret-again' });
    await fleet.ended(root);
    const query = fakePrompt([{ dump }, { say: 'x' }]);
    const source = await fleet.ended(await fleet.continue(root, { query }));
    const first = await fleet.ended((await manager.rerunSession(source.id)).id);
    const plain = await dumped(fleet, 'rerun-plain', { API_TOKEN: 's3cret-plain' });
    await fleet.ended(plain);
    const launched = await fleet.ended((await manager.rerunSession(plain)).id);
    expect(launched).toMatchObject({ rerun_of: plain, sealed_for: [plain] });
    await deletion.deleteConversation(plain);
    // The secrets of a rerun of a rerun, and of its continue, are still sealed for the first
    // session.
    const again = await fleet.ended((await manager.rerunSession(launched.id)).id);
    expect(again).toMatchObject({ status: 'completed', sealed_for: [plain] });
    expect(await envOf(fleet, 'rerun-plain')).toMatchObject({ API_TOKEN: 's3cret-plain' });
    const child = await fleet.ended(await fleet.continue(again.id, { query }));
    expect(await envOf(fleet, 'reruns')).toMatchObject({ API_TOKEN: 's3cret-plain' });
    for (const session of [first, launched, child]) {
      expect(session.status).toBe('completed');
      expect(session.config.env?.['API_TOKEN']).toMatch(/^baton-sealed\./);
    }
  });

  test('fails a session whose secret was sealed with a key that the worker does not have', async ({
    fleet,
    keys,
  }) => {
    const { jwks } = await keys.make('stranger.jwks');
    const sealed = await createSealer(parsePublicKeys(jwks, 'x')).text('s3cret-far');
    const session = await fleet.ended(await dumped(fleet, 'far', { TOKEN: sealed }));
    expect(session).toMatchObject({ status: 'failed', failure: { code: 'SECRET_NOT_OPENED' } });
    expect(session.error).toContain('env.TOKEN');
  });
});

describe('a worker', () => {
  test('does not start without the private part of its public key', async ({ fleet, keys }) => {
    const { jwks } = await keys.make('unopened.jwks');
    const path = join(fleet.root, 'unopened-public.jwks');
    await writeFile(path, jwks);
    const run = runWorker({ ...fleet.env, SECRETS_PUBLIC_KEYS: path });
    expect((await run.ended).code).toBe(1);
    expect(run.err()).toContain('SECRETS_PRIVATE_KEYS');
  });
});

describe('npm run secrets', () => {
  test('keygen writes a private key that only its owner may read, overwrites no file, and prints the public part', async ({
    keys,
  }) => {
    const { file, jwks, key } = await keys.make('made.jwks');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(jwks).not.toContain(key.d);
    expect(parsePublicKeys(jwks, 'x')).toMatchObject([{ kid: key.kid }]);
    await expect(keys.run(['keygen', file])).rejects.toMatchObject({ code: 1 });
    expect((await keys.run(['public', file])).stdout).toBe(jwks);
  });

  test('rotate reseals sessions with the new key, and status shows when the old key is no longer needed', {
    // The test runs a dozen processes one after the other.
    timeout: 90_000,
  }, async ({ fleet: first, keys }) => {
    const fleet = first.sibling();
    const { MONGODB_URL = '' } = fleet.env;
    const [old, next] = [await keys.make('old.jwks'), await keys.make('next.jwks')];
    const plain = await fleet.worker();
    const early = await dumped(fleet, 'early', { API_TOKEN: 's3cret-early' });
    await fleet.ended(early);
    await plain.stop();
    const sealing = await fleet.worker({ SECRETS_PRIVATE_KEYS: old.file });
    const parent = await dumped(fleet, 'before', { API_TOKEN: 's3cret-before' });
    await fleet.ended(parent);
    await sealing.stop();
    const both = { MONGODB_URL, SECRETS_PRIVATE_KEYS: `${next.file}:${old.file}` };
    expect((await keys.run(['status'], both)).stdout.trim().split('\n')).toEqual([
      `${next.key.kid}  0  seals new secrets`,
      `${old.key.kid}  1`,
      'plain  1',
    ]);
    expect((await keys.run(['rotate'], both)).stderr).toContain('resealed 2 with the key');
    expect((await keys.run(['status'], both)).stdout.trim().split('\n')).toEqual([
      `${next.key.kid}  2  seals new secrets`,
      `${old.key.kid}  0`,
    ]);
    // Both sessions can still be read and hold no plain secret, and a continue needs only the new
    // key.
    const [a, b]: [Session, Session] = [await fleet.session(early), await fleet.session(parent)];
    expect(JSON.stringify([a, b])).not.toContain('s3cret');
    await fleet.worker({ SECRETS_PRIVATE_KEYS: next.file });
    const dump = join(fleet.root, 'after.json');
    const child = await fleet.continue(parent, { query: fakePrompt([{ dump }, { say: 'x' }]) });
    expect(await fleet.ended(child)).toMatchObject({ status: 'completed' });
    expect(await envOf(fleet, 'after')).toMatchObject({ API_TOKEN: 's3cret-before' });
  });
});
