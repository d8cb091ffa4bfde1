import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { installFakeClaude } from '../../../fake-claude/install.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { createGate } from '../../../support/gate.ts';
import { redisUrl } from '../../../support/services.ts';
import { waitFor } from '../../../support/wait.ts';
import { runWorker } from '../../../support/worker-process.ts';

/** Runs a worker that cannot start, and returns its exit and its output. */
async function refusedStart(env: Record<string, string>) {
  const run = runWorker(env);
  onTestFinished(() => void run.kill());
  const end = await run.ended;
  return { ...end, err: run.err(), out: run.out() };
}

async function fakeIn(fleet: Fleet, name: string, version: string): Promise<string> {
  const folder = join(fleet.root, name);
  await mkdir(folder);
  return installFakeClaude(folder, { version });
}

async function ask(url: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(url);
  return { status: answer.status, body: await answer.json() };
}

describe('a worker does not start', () => {
  test('if the CLI is too old, and reports what to install', async ({ fleet }) => {
    const CLAUDE_BIN = await fakeIn(fleet, 'old', '2.1.197');
    const { code, err, out } = await refusedStart({ ...fleet.env, CLAUDE_BIN });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/expected the claude CLI to be 2\.1\.\d+ or newer, got 2\.1\.197/);
    expect(err).toContain('npm install -g @anthropic-ai/claude-code');
  });

  test('if the CLI is missing, and reports what to install', async ({ fleet }) => {
    const CLAUDE_BIN = join(fleet.root, 'nowhere');
    const { code, err, out } = await refusedStart({ ...fleet.env, CLAUDE_BIN });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(CLAUDE_BIN);
    expect(err).toContain('npm install -g @anthropic-ai/claude-code');
  });

  test('if settings are invalid, and names all invalid settings without their values', async ({
    fleet,
  }) => {
    const { code, err, out } = await refusedStart({
      ...fleet.env,
      REDIS_URL: 'http://user:s3cret@redis',
      MONGODB_URL: '',
      WORKER_CONCURRENCY: 'many',
      LEASE_MS: '1',
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const logged = JSON.parse(err); // one line
    expect(logged).toMatchObject({ level: 60, name: 'baton-worker', code: 'INVALID_CONFIG' });
    for (const name of ['REDIS_URL', 'MONGODB_URL', 'WORKER_CONCURRENCY', 'LEASE_MS']) {
      expect(logged.msg).toContain(`${name}: `);
    }
    expect(err).not.toContain('s3cret');
  });
});

describe('a running worker', () => {
  test('answers /healthz and /readyz, and names a store that is away', async ({ fleet }) => {
    const gate = await createGate(redisUrl());
    onTestFinished(() => gate.close());
    const { health } = await fleet.sibling().worker({ REDIS_URL: gate.url });
    expect(await ask(`${health}/healthz`)).toEqual({ status: 200, body: { status: 'ok' } });
    expect((await ask(`${health}/readyz`)).status).toBe(200);
    await gate.shut();
    const away = await ask(`${health}/readyz`);
    expect(away.status).toBe(503);
    expect(away.body).toMatchObject({
      error: { code: 'UNAVAILABLE', details: { failing: ['redis'] } },
    });
    expect((await ask(`${health}/healthz`)).status).toBe(200);
    await gate.open();
    await waitFor('redis to be back', async () => (await ask(`${health}/readyz`)).status === 200);
  });
});
