// SUBPROCESS_ENV_SCRUB: the worker probes the real CLI, on hosts with and without the needed programs.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { markedProcesses } from '../../apps/worker/src/host/orphans.ts';
import { test as base, type Fleet } from '../support/fleet.ts';
import { type MessagesApi, startMessagesApi } from '../support/messages-api/messages-api.ts';
import { type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { makePathFolder } from '../support/path-folder.ts';
import { claudeBin } from '../support/real-claude.ts';
import { untilPasses } from '../support/wait.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const KEY = 'sk-ant-key-of-the-operator-4711';
const NEITHER = { bwrap: null, socat: null };
const BROKEN = {
  bwrap: '#!/bin/sh\necho no user namespaces here >&2\nexit 1\n',
  socat: '#!/bin/sh\nexit 1\n',
};

function answer({ toolResults }: MessagesRequest): Reply {
  const command = 'echo "key=$ANTHROPIC_API_KEY"';
  return toolResults.length === 0 ? toolUse('Bash', { command }) : text('done');
}

const test = base.extend<{ $file: { api: MessagesApi } }>({
  api: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    async ({}, use) => {
      const api = await startMessagesApi({ script: answer });
      await use(api);
      await api.stop();
    },
    { scope: 'file' },
  ],
});

function startWorker(
  fleet: Fleet,
  api: MessagesApi,
  env: { PATH: string; SUBPROCESS_ENV_SCRUB: string },
): Promise<WorkerProcess> {
  return fleet.worker({
    CLAUDE_BIN: claudeBin(),
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CODE_MAX_RETRIES: '0',
    ...env,
  });
}

async function readyz({ health }: WorkerProcess) {
  const answer = await fetch(`${health}/readyz`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** The line in which a session's Bash prints the key; `key=` if Bash does not see the key. */
async function seenBySession(fleet: Fleet, api: MessagesApi): Promise<string | undefined> {
  const from = api.requests.length;
  const id = await fleet.launch({ query: 'look', allowed_tools: ['Bash'] });
  expect(await fleet.ended(id)).toMatchObject({ status: 'completed' });
  return api.requests.slice(from).flatMap(({ toolResults }) => toolResults)[0];
}

function warnings(worker: WorkerProcess): string[] {
  return worker
    .err()
    .split('\n')
    .filter((line) => line.includes('keep its credentials'));
}

/** The processes and folders that a probe of this worker left. */
async function leftBy({ pid }: WorkerProcess, { root }: Fleet) {
  const marked = (await markedProcesses()).filter(({ marker }) => marker.pid === pid);
  const folders = (await readdir(join(root, 'tmp'))).filter((name) =>
    name.startsWith('baton-run-'),
  );
  return { marked, folders };
}

/** Waits until no probe runs, because a worker that is not ready probes again and again. */
async function expectNothingLeft(worker: WorkerProcess, fleet: Fleet): Promise<void> {
  await untilPasses(async () =>
    expect(await leftBy(worker, fleet)).toEqual({ marked: [], folders: [] }),
  );
}

describe('a worker on a host without bwrap and socat', () => {
  test('logs one line with SUBPROCESS_ENV_SCRUB=auto, shows the state in /readyz and runs sessions', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    const PATH = await makePathFolder(join(fleet.root, 'path-neither-auto'), NEITHER);
    const worker = await startWorker(mine, api, { PATH, SUBPROCESS_ENV_SCRUB: 'auto' });
    expect(await readyz(worker)).toEqual({
      status: 200,
      body: {
        status: 'ready',
        subprocess_env_scrub: 'off: bwrap and socat not found on PATH',
        workspaces: 'captured',
      },
    });
    expect(warnings(worker)).toHaveLength(1);
    expect(await seenBySession(mine, api)).toBe(`key=${KEY}`);
  });

  test('is not ready with SUBPROCESS_ENV_SCRUB=on, gives the reason, takes no session and can be stopped', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    const PATH = await makePathFolder(join(fleet.root, 'path-neither-on'), NEITHER);
    const worker = await startWorker(mine, api, { PATH, SUBPROCESS_ENV_SCRUB: 'on' });
    const { status, body } = await readyz(worker);
    expect(status).toBe(503);
    expect(JSON.stringify(body)).toMatch(/SUBPROCESS_ENV_SCRUB=on.*bubblewrap is required/);
    expect(warnings(worker)).toHaveLength(1);
    const id = await mine.launch({ query: 'look' });
    const other = await startWorker(mine, api, { PATH, SUBPROCESS_ENV_SCRUB: 'off' });
    const session = await mine.ended(id);
    expect(session.attempts).toMatchObject([{ worker_id: other.id }]);
    expect(worker.hasEnded()).toBe(false);
    // A worker ends a session before it removes the folder of the run.
    expect(await other.stop()).toEqual({ code: 0, signal: null });
    await expectNothingLeft(worker, mine);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
  });
});

test('a worker finds a broken sandbox by a real Bash call, and the probe leaves nothing behind', async ({
  fleet,
  api,
}) => {
  const mine = fleet.sibling();
  const PATH = await makePathFolder(join(fleet.root, 'path-broken'), BROKEN);
  const worker = await startWorker(mine, api, { PATH, SUBPROCESS_ENV_SCRUB: 'auto' });
  expect(await readyz(worker)).toMatchObject({
    status: 200,
    body: {
      subprocess_env_scrub: expect.stringMatching(/^off: a Bash call failed: ./),
    },
  });
  expect(warnings(worker)).toHaveLength(1);
  await expectNothingLeft(worker, mine);
  expect(await seenBySession(mine, api)).toBe(`key=${KEY}`);
});

/** Whether this machine allows a sandbox, checked without the CLI. */
async function canSandbox(): Promise<boolean> {
  const options = { reject: false, env: { PATH: process.env['PATH'] ?? '' }, extendEnv: false };
  const args = [
    '--ro-bind',
    '/',
    '/',
    '--unshare-pid',
    '--unshare-user',
    '--proc',
    '/proc',
    'true',
  ];
  const [bwrap, socat] = await Promise.all([
    execa('bwrap', args, options),
    execa('socat', ['-V'], options),
  ]);
  return !bwrap.failed && !socat.failed;
}

test('a session on this machine sees the key if and only if /readyz reports that the scrub is off', async ({
  fleet,
  api,
}) => {
  const isAble = await canSandbox();
  if (!isAble)
    console.warn('no working bwrap and socat here: only the images prove the other case');
  const mine = fleet.sibling();
  const PATH = process.env['PATH'] ?? '';
  const worker = await startWorker(mine, api, { PATH, SUBPROCESS_ENV_SCRUB: 'auto' });
  const { status, body } = await readyz(worker);
  expect(status).toBe(200);
  const state = expect.stringMatching(isAble ? /^on$/ : /^off: /);
  expect(body).toMatchObject({ subprocess_env_scrub: state });
  await expectNothingLeft(worker, mine);
  expect(await seenBySession(mine, api)).toBe(isAble ? 'key=' : `key=${KEY}`);
  await expectNothingLeft(worker, mine);
});
