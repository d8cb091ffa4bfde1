// Workers on separate test hosts, and the test hosts themselves.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { isAlive } from '../support/alive.ts';
import { test as base, type Fleet } from '../support/fleet.ts';
import { createTestHosts, type TestHost, type TestHosts } from '../support/hosts.ts';
import { startMessagesApi } from '../support/messages-api/messages-api.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { readiness } from '../support/readiness.ts';
import { claudeBin } from '../support/real-claude.ts';
import { waitFor } from '../support/wait.ts';

const test = base.extend<{ hosts: TestHosts }>({
  hosts: async ({ fleet }, use) => {
    const hosts = await createTestHosts({ services: fleet.env, names: ['a', 'b'] });
    await use(hosts);
    await hosts.close();
  },
});

/** Runs a shell script in the host and returns what it prints. */
async function sh(host: TestHost, script: string): Promise<string> {
  await host.boot();
  const [program = '', ...args] = [...host.command(), 'sh', '-c', script];
  return (await promisify(execFile)(program, args)).stdout.trim();
}

/** Runs a Node script in the host and returns what it prints. */
async function node(host: TestHost, script: string): Promise<string> {
  await host.boot();
  const args = ['--input-type=module', '--eval', script];
  const [program = '', ...rest] = [...host.command(), process.execPath, ...args];
  return (await promisify(execFile)(program, rest)).stdout.trim();
}

/** A script that prints whether a port of the loopback interface accepts connections. */
const tries = (port: number | string) => `
  import { connect } from 'node:net';
  const socket = connect(${port}, '127.0.0.1');
  socket.on('connect', () => { console.log('connected'); socket.destroy(); });
  socket.on('error', ({ code }) => console.log(code));`;

/** Returns a session that runs a tool, the process of the tool, and the process of its CLI, all by outer pids. */
async function runningTool(fleet: Fleet, hosts: TestHosts, host: TestHost) {
  const file = join(hosts.disk, 'tool.pid');
  const id = await fleet.play([{ spawn: 'exec sleep 3600', pid_file: file }, { hang: true }]);
  const pid = await waitFor('the tool', () =>
    readFile(host.pathOf(file), 'utf8').then(Number, () => undefined),
  );
  const session = await fleet.until(id, 'running', ({ status }) => status === 'running');
  const found = await host.processes();
  const outer = (inner: number | undefined) =>
    found.find(({ pidInHost }) => pidInHost === inner)?.pid;
  return { session, tool: outer(pid), cli: outer(session.attempts[0]?.pid) };
}

describe.concurrent('a test host', () => {
  test('has its own disk at the path that all hosts share', async ({ hosts }) => {
    const [a, b] = [hosts.get('a'), hosts.get('b')];
    const file = join(hosts.disk, 'work/file');
    await sh(a, `echo of a > ${file}; ln -s nowhere ${file}.link; echo of a > /tmp/file`);
    expect(await sh(b, `ls ${dirname(file)} /tmp/file 2>&1; echo of b > ${file}`)).not.toContain(
      'file.link',
    );
    expect(await readFile(a.pathOf(file), 'utf8')).toBe('of a\n');
    expect(await readFile(b.pathOf(file), 'utf8')).toBe('of b\n');
    expect(await sh(b, `test -e /tmp/file || echo none; ls -d ${hosts.disk}s || echo hidden`)).toBe(
      'none\nhidden',
    );
    expect(() => a.pathOf('/etc/passwd')).toThrow('is not on the disk of a test host');
  });

  test('has its own name, processes and loopback interface, and reaches only the servers of its group', async ({
    hosts,
    fleet,
  }) => {
    const [a, b] = [hosts.get('a'), hosts.get('b')];
    expect([await sh(a, 'hostname'), await sh(b, 'hostname')]).toEqual(['a', 'b']);
    const outside = createServer().listen(0, '127.0.0.1');
    await once(outside, 'listening');
    const { port } = outside.address() as AddressInfo;
    expect(await node(a, tries(port))).toBe('ECONNREFUSED');
    outside.close();

    const serves = `
      import { createServer } from 'node:http';
      createServer((_, response) => response.end('of a')).listen(18765, '127.0.0.1');`;
    const server = node(a, serves).catch(() => 'killed');
    await waitFor('the server', async () => (await node(a, tries(18765))) === 'connected');
    expect(await node(b, tries(18765))).toBe('ECONNREFUSED');
    const answer = await fetch(await a.reach('http://127.0.0.1:18765'));
    expect(await answer.text()).toBe('of a');
    for (const name of ['REDIS_URL', 'MONGODB_URL'])
      expect(await node(b, tries(new URL(fleet.env[name] ?? '').port))).toBe('connected');
    await a.crash();
    expect(await server).toBe('killed');
  });

  test('leaves the CLI and its tools behind if its worker is killed, and nothing if it crashes', async ({
    hosts,
    fleet,
  }) => {
    const a = hosts.get('a');
    const own = fleet.sibling();
    const worker = await a.startWorker({ env: own.env });
    expect(await readiness(worker)).toMatchObject({ status: 200 });
    const { session, tool, cli } = await runningTool(own, hosts, a);
    expect(session.attempts).toMatchObject([{ host: 'a' }]);
    expect([worker.pid, tool, cli].map(isAlive)).toEqual([true, true, true]);

    expect(await worker.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    expect([worker.pid, tool].map(isAlive)).toEqual([false, true]);
    await a.crash();
    expect([tool, cli].map(isAlive)).toEqual([false, false]);
    expect(existsSync(a.pathOf(join(hosts.disk, 'work', session.id)))).toBe(true);
    await a.wipe();
    expect(existsSync(a.pathOf(join(hosts.disk, 'work', session.id)))).toBe(false);
    expect(existsSync(a.pathOf(join(hosts.disk, 'work')))).toBe(true);
  });

  test('drains its worker, which can be paused', async ({ hosts, fleet }) => {
    const worker = await hosts.get('b').startWorker({ env: fleet.sibling().env });
    worker.signal('SIGSTOP');
    worker.signal('SIGCONT');
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
  });

  test('leaves no process, mount or folder behind after its group is closed', async ({ fleet }) => {
    const hosts = await createTestHosts({ services: fleet.env, names: ['c'] });
    const c = hosts.get('c');
    const worker = await c.startWorker({ env: fleet.sibling().env });
    worker.signal('SIGSTOP'); // a stopped worker must not keep its host alive
    const pids = (await c.processes()).map(({ pid }) => pid);
    expect(pids).toContain(worker.pid);
    await hosts.close();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await worker.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(existsSync(dirname(hosts.disk))).toBe(false);
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(dirname(hosts.disk));
  });

  test('names what is missing if the machine cannot make it', async ({ hosts }) => {
    const { PATH } = process.env;
    process.env['PATH'] = '/nowhere';
    const booted = hosts.get('a').boot();
    process.env['PATH'] = PATH;
    await expect(booted).rejects.toThrow(
      /cannot make the test host a: .*unshare.* user namespaces/,
    );
  });
});

test('a continue runs on another host after the host of its parent has crashed', async ({
  fleet,
}) => {
  const api = await startMessagesApi({
    script: ({ prompt, toolResults }) =>
      prompt === 'write' && toolResults.length === 0
        ? toolUse('Bash', { command: 'echo $PWD | tee note' })
        : text('Done.'),
  });
  const hosts = await createTestHosts({
    services: fleet.env,
    messagesApi: api,
    names: ['a', 'b'],
  });
  const own = fleet.sibling();
  const env = {
    ...own.env,
    CLAUDE_BIN: claudeBin(),
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
  };
  try {
    await hosts.get('a').startWorker({ env });
    const parent = await own.launch({ query: 'write', allowed_tools: ['Bash'] });
    expect(await own.ended(parent)).toMatchObject({
      status: 'completed',
      attempts: [{ host: 'a' }],
    });
    const note = join(hosts.disk, 'work', parent, 'note');
    expect(await readFile(hosts.get('a').pathOf(note), 'utf8')).toBe(`${dirname(note)}\n`);
    await hosts.get('a').crash();

    await hosts.get('b').startWorker({ env });
    const child = await own.continue(parent, { query: 'go on' });
    expect(await own.ended(child)).toMatchObject({
      status: 'completed',
      attempts: [{ host: 'b' }],
    });
    expect(api.requests.at(-1)?.prompts).toEqual(['write', 'go on']);
    // Here is the place for the files: on host b they are to be those of the parent.
    expect(existsSync(hosts.get('b').pathOf(dirname(note)))).toBe(true);
  } finally {
    await hosts.close();
    await api.stop();
  }
});
