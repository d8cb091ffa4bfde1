// npm start runs as a process in its own folder, with the real CLI and a scripted Messages API.
import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect } from 'vitest';
import { createClient } from '../../scripts/demo/client.ts';
import { databaseUrl } from '../support/api.ts';
import { startMessagesApi } from '../support/messages-api/messages-api.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { Script } from '../support/messages-api/script.ts';
import { test as base, type ScriptProcess } from '../support/script-process.ts';
import { redisUrl } from '../support/services.ts';
import { waitFor } from '../support/wait.ts';

interface StartLine {
  api: string;
  redis: string;
  mongodb: string;
  workers: { id: string; pid: number; health: string }[];
}

const test = base.extend<{
  /** Runs `npm start -- --json` with this model and waits for its line. */
  start: (
    script: Script,
    env?: Record<string, string>,
  ) => Promise<{ run: ScriptProcess; line: StartLine }>;
}>({
  start: async ({ scriptFolder }, use) => {
    const stops: (() => Promise<void>)[] = [];
    await use(async (script, env = {}) => {
      const model = await startMessagesApi({ script });
      stops.push(model.stop);
      const run = scriptFolder.run('start.ts', ['--json'], {
        PORT: '0',
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
        ...env,
      });
      return { run, line: JSON.parse(await run.firstLine()) as StartLine };
    });
    for (const stop of stops) await stop();
  },
});

describe('npm start', () => {
  test('runs a session, stops all its processes on Ctrl-C, and still has the session at its next start', async ({
    start,
    scriptFolder,
  }) => {
    const first = await start([text('Hello from the script.')]);
    expect(first.line).toEqual({
      api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      redis: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+$/),
      mongodb: expect.stringMatching(/^mongodb:\/\/127\.0\.0\.1:\d+/),
      workers: [1, 2].map(() => ({
        id: expect.any(String),
        pid: expect.any(Number),
        health: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      })),
    });
    const client = createClient(first.line.api);
    const { id } = await client.launch({ query: 'say hello' });
    const info = await waitFor('the session to end', async () => {
      const now = await client.info(id);
      return now.end_time !== undefined && now;
    });
    expect(info).toMatchObject({
      status: 'completed',
      result: { result: 'Hello from the script.' },
    });
    expect(first.line.workers.map((worker) => worker.id)).toContain(info.worker_id);

    expect(await first.run.end('SIGINT')).toBe(0);
    expect(await scriptFolder.processes()).toEqual([]);
    expect(await scriptFolder.temporary()).toEqual([]);
    expect(first.run.out().trimEnd().split('\n')).toHaveLength(1);

    const second = await start([text('not asked')]);
    expect(await createClient(second.line.api).info(id)).toEqual(info);
    expect(await second.run.end('SIGTERM')).toBe(0);
  });

  test('runs a session without an API key if --scripted is given, and writes its addresses to a file while it runs', async ({
    scriptFolder,
    databaseName,
    queuePrefix,
  }) => {
    const given = { REDIS_URL: redisUrl(), MONGODB_URL: databaseUrl(databaseName) };
    const run = scriptFolder.run('start.ts', ['--json', '--scripted'], {
      ...given,
      QUEUE_PREFIX: queuePrefix,
      PORT: '0',
    });
    const { api } = JSON.parse(await run.firstLine()) as StartLine;
    const client = createClient(api);
    const { id } = await client.launch({ query: 'Write a haiku' });
    const info = await waitFor('the session to end', async () => {
      const now = await client.info(id);
      return now.end_time !== undefined && now;
    });
    expect(info.result?.result).toBe('This is a scripted answer, number 1 of this conversation.');

    const file = join(scriptFolder.folder, '.baton/env');
    expect(parseEnv(await readFile(file, 'utf8'))).toMatchObject({
      BATON_URL: api,
      ...given,
      QUEUE_PREFIX: queuePrefix,
      ANTHROPIC_API_KEY: 'key-of-the-scripted-api',
    });
    expect(await run.end('SIGINT')).toBe(0);
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('leaves no process and no address file behind when it is killed during a tool call', async ({
    start,
    scriptFolder,
  }) => {
    const { run, line } = await start([toolUse('Bash', { command: 'tail -f /dev/null' })]);
    await createClient(line.api).launch({ query: 'wait', allowed_tools: ['Bash'] });
    const isTool = (command: string) => command.startsWith('tail -f /dev/null');
    await waitFor('the tool', async () => (await scriptFolder.processes()).some(isTool), 60_000);

    const addresses = join(scriptFolder.folder, '.baton/env');
    expect(await readFile(addresses, 'utf8')).toContain(line.api);
    expect(await run.end('SIGKILL')).toBe('SIGKILL');
    await waitFor(
      'all to be gone',
      async () => (await scriptFolder.processes()).length === 0,
      40_000,
    );
    // The guardian removes the files last, after it has stopped every process.
    await waitFor('the address file to be gone', () => !existsSync(addresses));
    await waitFor(
      'the temporary files to be gone',
      async () => (await scriptFolder.temporary()).length === 0,
    );
  });

  test('lists its pages on a terminal, and Ctrl-C stops all its processes', async ({
    scriptFolder,
    databaseName,
    queuePrefix,
  }) => {
    const run = scriptFolder.onTerminal('start.ts', {
      REDIS_URL: redisUrl(),
      MONGODB_URL: databaseUrl(databaseName),
      QUEUE_PREFIX: queuePrefix,
      PORT: '0',
    });
    const stop = /^Press Ctrl-C to stop Baton/m;
    const said = () => `the lines for a terminal; it said ${run.out()}`;
    await waitFor(said, () => stop.test(run.out()), 100_000);
    const lines = run.out().split(/\r?\n/);
    const [, api] = /Sessions +(http:\S+)\/sessions/.exec(run.out()) ?? [];
    expect(lines).toContain(`  API reference     ${api}/docs`);
    expect(lines).toContain(`  Queue dashboard   ${api}/queues`);
    expect(lines.find((line) => line.startsWith('  Redis '))).toContain(redisUrl());
    expect(lines.filter((line) => line.startsWith('{'))).toEqual([]);
    expect(lines.filter((line) => line !== '').length).toBeLessThan(20);
    const pages = ['sessions', 'docs', 'queues'].map((page) => fetch(`${api}/${page}`));
    expect((await Promise.all(pages)).map(({ status }) => status)).toEqual([200, 200, 200]);

    run.type('\x03');
    expect(await run.ended).toBe(0);
    expect(await scriptFolder.processes()).toEqual([]);
  });

  test('prints the same facts as JSON if it does not run on a terminal', async ({
    scriptFolder,
    databaseName,
    queuePrefix,
  }) => {
    const given = { REDIS_URL: redisUrl(), MONGODB_URL: databaseUrl(databaseName) };
    const run = scriptFolder.run('start.ts', [], {
      ...given,
      QUEUE_PREFIX: queuePrefix,
      PORT: '0',
    });
    const line = JSON.parse(await run.firstLine()) as StartLine;
    expect(line).toMatchObject({ redis: redisUrl(), mongodb: given.MONGODB_URL });
    expect(await run.end('SIGINT')).toBe(0);
  });

  test('uses the given servers, and restarts a worker that was killed', async ({
    start,
    databaseName,
    queuePrefix,
  }) => {
    const given = { REDIS_URL: redisUrl(), MONGODB_URL: databaseUrl(databaseName) };
    const { run, line } = await start([text('Done.')], { ...given, QUEUE_PREFIX: queuePrefix });
    expect(line).toMatchObject({ redis: given.REDIS_URL, mongodb: given.MONGODB_URL });

    for (const { pid } of line.workers) process.kill(pid, 'SIGKILL');
    await waitFor(
      'both to be missed',
      () => run.err().match(/ended unexpectedly \(SIGKILL\)/g)?.[1],
    );
    const client = createClient(line.api);
    const { id } = await client.launch({ query: 'do it' });
    const worker = await waitFor(
      'the session to complete',
      async () => {
        const info = await client.info(id);
        return info.status === 'completed' && info.worker_id;
      },
      60_000,
    );
    expect(line.workers.map(({ id }) => id)).not.toContain(worker);
    expect(await run.end('SIGINT')).toBe(0);
  });

  test('lists every invalid setting before it starts a process', async ({ scriptFolder }) => {
    const run = scriptFolder.run('start.ts', [], {
      LEASE_MS: '5',
      WORK_ROOT: 'work',
      PORT: '70000',
    });
    expect(await run.ended).toBe(1);
    const { level, msg } = JSON.parse(run.err()); // one line: no server was started
    expect({ level, names: msg.match(/^ {2}[A-Z_]+(?=:)/gm) }).toEqual({
      level: 50,
      names: ['  WORK_ROOT', '  PORT', '  LEASE_MS'],
    });
  });

  // PATH holds only node, so the worker finds no programs for the sandbox.
  test('keeps running if no worker may take sessions, and logs the reason', async ({
    start,
    databaseName,
    queuePrefix,
    scriptFolder,
  }) => {
    await symlink(process.execPath, join(scriptFolder.folder, 'node'));
    const { run, line } = await start([text('')], {
      REDIS_URL: redisUrl(),
      MONGODB_URL: databaseUrl(databaseName),
      QUEUE_PREFIX: queuePrefix,
      SUBPROCESS_ENV_SCRUB: 'on',
      PATH: scriptFolder.folder,
    });
    const lines = run
      .err()
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one));
    const warned = lines.filter(({ name, level }) => name === 'baton' && level === 40);
    // The workers start at the same time, so either may log first.
    const [first, second, last] = warned.map(({ msg }) => msg);
    expect([...[first, second].sort(), last]).toEqual([
      expect.stringMatching(/^worker 1 is not ready .*SUBPROCESS_ENV_SCRUB=on.*bwrap and socat/),
      expect.stringMatching(/^worker 2 is not ready .*SUBPROCESS_ENV_SCRUB=on.*bwrap and socat/),
      expect.stringMatching(/^no worker is ready, so sessions wait/),
    ]);
    expect(lines.filter(({ level, msg }) => level === 30 && /ready/.test(msg))).toEqual([
      expect.objectContaining({ name: 'api' }),
    ]);
    expect((await fetch(`${line.api}/readyz`)).status).toBe(200);
    expect(await run.end('SIGTERM')).toBe(0);
  });

  test('reports that its port is in use', async ({
    start,
    scriptFolder,
    databaseName,
    queuePrefix,
  }) => {
    const given = { REDIS_URL: redisUrl(), MONGODB_URL: databaseUrl(databaseName) };
    const { line } = await start([text('')], { ...given, QUEUE_PREFIX: queuePrefix });
    const { port } = new URL(line.api);
    const second = scriptFolder.run('start.ts', [], { ...given, PORT: port });
    expect(await second.ended).toBe(1);
    expect(second.err()).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(second.out()).toBe('');
  });
});
