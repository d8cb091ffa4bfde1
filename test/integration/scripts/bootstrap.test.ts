import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { installerEnvironment } from '../../../tools/dev-services/environment.ts';

const SCRIPTS = join(import.meta.dirname, '../../../scripts');

// A project with one dependency from a local folder: a program `node` that prints its name and arguments.
const test = base.extend<{ project: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  project: async ({}, use) => {
    const project = await mkdtemp(join(tmpdir(), 'baton-bootstrap-'));
    for (const folder of ['scripts', 'named']) await mkdir(join(project, folder));
    for (const file of ['bootstrap.mjs', 'follow-bootstrap.cjs']) {
      await copyFile(join(SCRIPTS, file), join(project, 'scripts', file));
    }
    const named = { name: 'named', version: '1.0.0', bin: { node: 'node.sh' } };
    await writeFile(join(project, 'named', 'package.json'), JSON.stringify(named));
    // The bootstrap adds the first two arguments: --require FILE.
    const script = '#!/bin/sh\nshift 2; echo "its own node: $*"\n';
    await writeFile(join(project, 'named', 'node.sh'), script, {
      mode: 0o755,
    });
    const root = {
      name: 'project',
      version: '1.0.0',
      private: true,
      dependencies: { named: 'file:named' },
    };
    await writeFile(join(project, 'package.json'), JSON.stringify(root));
    const { code } = await ended(start('npm', ['install', '--package-lock-only'], project));
    expect(code).toBe(0);
    await use(project);
    await rm(project, { recursive: true, force: true, maxRetries: 5 });
  },
});

function start(file: string, args: readonly string[], cwd: string): ChildProcess {
  return spawn(file, args, {
    cwd,
    env: installerEnvironment(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess) {
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const [code, signal]: unknown[] = await once(child, 'close');
  return { out, err, code, signal };
}

function boot(project: string, ...command: string[]): ChildProcess {
  return start(process.execPath, [join(project, 'scripts', 'bootstrap.mjs'), ...command], tmpdir());
}

describe('the bootstrap', () => {
  test('installs, then runs the command with the installed node, and leaves standard output to the command', async ({
    project,
  }) => {
    const first = await ended(boot(project, 'node', 'scripts/demo.ts', '--json'));
    expect(first).toMatchObject({ code: 0, out: 'its own node: scripts/demo.ts --json\n' });
    expect(first.err).toContain('installing dependencies');

    const second = await ended(boot(project, 'node', 'again'));
    expect(second).toMatchObject({ code: 0, out: 'its own node: again\n', err: '' });
  });

  test('repeats an install that was interrupted', async ({ project }) => {
    await ended(boot(project));
    await rm(join(project, 'node_modules', '.package-lock.json'));
    expect((await ended(boot(project, 'node'))).err).toContain('installing dependencies');
  });

  test('installs again when the lock file names another version', async ({ project }) => {
    await ended(boot(project));
    const lock = join(project, 'package-lock.json');
    const other = (await readFile(lock, 'utf8')).replace(
      '"resolved": "named"',
      '"resolved": "named", "version": "1.0.1"',
    );
    await writeFile(lock, other);
    expect((await ended(boot(project, 'node'))).err).toContain('installing dependencies');
  });

  test.for([
    { script: 'exit 7', code: 7, signal: null },
    { script: 'kill -KILL $$', code: null, signal: 'SIGKILL' },
  ])(
    'ends with the exit code or the signal of the command: $script',
    async ({ script, ...status }, { project }) => {
      await ended(boot(project));
      expect(await ended(boot(project, 'sh', '-c', script))).toMatchObject(status);
    },
  );

  test('forwards a signal to the command and waits until the command ends', async ({ project }) => {
    await ended(boot(project));
    const script =
      'trap "echo stopped in order; exit 9" TERM; echo up; while :; do sleep 0.05; done';
    const child = boot(project, 'sh', '-c', script);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect(await ended(child)).toMatchObject({
      code: 9,
      out: expect.stringContaining('stopped in order'),
    });
  });

  test('exits with 127 and names the command if the command does not exist', async ({
    project,
  }) => {
    await ended(boot(project));
    const { code, err } = await ended(boot(project, 'no-such-command'));
    expect(code).toBe(127);
    expect(err).toContain('cannot run no-such-command');
  });
});
