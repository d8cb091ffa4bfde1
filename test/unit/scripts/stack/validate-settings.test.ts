import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { validateSettings } from '../../../../scripts/stack/validate-settings.ts';

async function withHome(settings: Record<string, string> = {}): Promise<Record<string, string>> {
  const HOME = await mkdtemp(join(tmpdir(), 'baton-home-'));
  onTestFinished(() => rm(HOME, { recursive: true, force: true }));
  return { HOME, ...settings };
}

async function problemsOf(settings: Record<string, string>): Promise<unknown> {
  const error = await validateSettings(await withHome(settings)).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'INVALID_CONFIG' });
  return error.details.problems;
}

test('settings that the API and the workers accept pass, even without the addresses of the servers', async () => {
  await validateSettings(await withHome());
  await validateSettings(await withHome({ PORT: '0', WORKER_CONCURRENCY: '2', REDIS_URL: ' ' }));
});

test('the error lists each invalid setting once, whether the API or a worker would refuse it', async () => {
  const wrong = {
    PORT: '70000',
    LEASE_MS: '5',
    WORKER_CONCURRENCY: '0',
    WORK_ROOT: 'work',
    REDIS_URL: 'localhost',
  };
  expect(await problemsOf(wrong)).toEqual([
    'REDIS_URL: expected redis:// or rediss://',
    'WORK_ROOT: expected an absolute path, got a relative one',
    'PORT: expected a whole number from 0 to 65535',
    'WORKER_CONCURRENCY: expected a whole number from 1 to 1000',
    'LEASE_MS: expected a whole number from 1000 to 600000',
  ]);
});

test('the error also lists missing files and a work root that cannot be created', async () => {
  const wrong = {
    HOST: '0.0.0.0',
    SECRETS_PRIVATE_KEYS: '/nowhere/private.jwks',
    PRICES_FILE: '/nowhere/prices.json',
    WORK_ROOT: '/dev/null/work',
  };
  expect(await problemsOf(wrong)).toEqual([
    'AUTH=none needs a loopback HOST, but HOST is 0.0.0.0: set AUTH=keys',
    'SECRETS_PRIVATE_KEYS: expected a readable file at /nowhere/private.jwks',
    expect.stringContaining('PRICES_FILE /nowhere/prices.json: ENOENT'),
    expect.stringContaining('WORK_ROOT: cannot make the directory /dev/null/work (ENOTDIR)'),
  ]);
});
