// A fault of the host must not fail a session: the session waits, or another worker runs it.
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { installFakeClaude } from '../../../fake-claude/install.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { countLogged, untilReady, untilUnready } from '../../../support/readiness.ts';
import type { WorkerProcess } from '../../../support/worker-process.ts';

const SICK = 'the host cannot run sessions';
const WELL = 'the host can run sessions again';

// More sessions than a worker runs at once, because a sick host could fail the waiting sessions one
// by one.
const SESSIONS = 4;
const WORKER_CONCURRENCY = '2';

interface Host {
  fleet: Fleet;
  root: string;
  claude: string;
  temporary: string;
}

/** Creates a host for one test: a folder with its own CLI and its own temporary directory. */
async function createHost(parent: Fleet, name: string): Promise<Host> {
  const root = join(parent.root, name);
  const temporary = join(root, 'real-tmp');
  await mkdir(join(root, 'bin'), { recursive: true });
  await mkdir(temporary);
  await symlink(temporary, join(root, 'tmp'));
  const claude = installFakeClaude(join(root, 'bin'));
  return { fleet: parent.sibling(onTestFinished), root, claude, temporary: join(root, 'tmp') };
}

function workerOf({ fleet, root, claude, temporary }: Host, more: Record<string, string> = {}) {
  const WORK_ROOT = join(root, 'work');
  const own = { CLAUDE_BIN: claude, TMPDIR: temporary, WORK_ROOT, WORKER_CONCURRENCY };
  return fleet.worker({ ...own, ...more });
}

function launchMany(fleet: Fleet, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => fleet.launch({ query: `hi ${index}` })),
  );
}

async function endAll(fleet: Fleet, ids: string[]): Promise<Session[]> {
  const sessions: Session[] = [];
  for (const id of ids) sessions.push(await fleet.ended(id));
  return sessions;
}

/** Resolves once the worker is not ready for this reason; rejects as soon as a session has failed. */
async function untilHeldUp(worker: WorkerProcess, reason: RegExp, { db }: Fleet): Promise<void> {
  await untilUnready(worker, reason, async () => {
    const failed = await db.collection<Session>('sessions').find({ status: 'failed' }).toArray();
    expect(failed.map(({ failure }) => failure?.code)).toEqual([]);
  });
}

const mayMount =
  spawnSync('unshare', ['--mount', 'true'], { env: { PATH: process.env['PATH'] } }).status === 0;

const NOT_HELD_AGAINST = { retries: 0, crashes: 0, hand_backs: 0 };

/** Ways to break a host, the reason that readiness must give, and how to repair it. */
const ILLNESSES: [string, { reason: RegExp; harm(host: Host): Promise<() => Promise<void>> }][] = [
  [
    'the CLI is moved away',
    {
      reason: /the claude CLI/,
      async harm({ claude }) {
        await rename(claude, `${claude}.away`);
        return () => rename(`${claude}.away`, claude);
      },
    },
  ],
  [
    'the CLI is not executable',
    {
      reason: /the claude CLI/,
      async harm({ claude }) {
        await chmod(claude, 0o644);
        return () => chmod(claude, 0o755);
      },
    },
  ],
  [
    'the CLI is an empty file',
    {
      reason: /--version/,
      async harm({ claude, root }) {
        await rename(claude, join(root, 'whole'));
        await writeFile(claude, '', { mode: 0o755 });
        return () => rename(join(root, 'whole'), claude);
      },
    },
  ],
  [
    'the CLI is a truncated file',
    {
      reason: /--version/,
      async harm({ claude, root }) {
        await rename(claude, join(root, 'whole'));
        await writeFile(claude, '\x7fELF\x02\x01\x01\0\0\0(', { mode: 0o755 });
        return () => rename(join(root, 'whole'), claude);
      },
    },
  ],
  [
    'the CLI is too old',
    {
      reason: /2\.1\.100/,
      async harm({ claude, root }) {
        await rename(claude, join(root, 'whole'));
        const old =
          '#!/bin/sh\n[ "$1" = --version ] && { echo 2.1.100; exit; }\necho "error: unknown option" >&2; exit 1\n';
        await writeFile(claude, old, { mode: 0o755 });
        return () => rename(join(root, 'whole'), claude);
      },
    },
  ],
  [
    'no process can be forked',
    {
      reason: /EAGAIN/,
      async harm({ claude, root }) {
        await rename(claude, join(root, 'whole'));
        const text = '#!/bin/sh\necho "sh: 1: Cannot fork" >&2\nexit 2\n';
        await writeFile(claude, text, { mode: 0o755 });
        return () => rename(join(root, 'whole'), claude);
      },
    },
  ],
  [
    'the temporary directory is removed',
    {
      reason: /ENOENT/,
      async harm({ root }) {
        await rm(join(root, 'real-tmp'), { recursive: true });
        return async () => void (await mkdir(join(root, 'real-tmp')));
      },
    },
  ],
  [
    'the temporary directory is a file',
    {
      reason: /ENOTDIR/,
      async harm({ root }) {
        await rm(join(root, 'real-tmp'), { recursive: true });
        await writeFile(join(root, 'real-tmp'), '');
        return async () => {
          await rm(join(root, 'real-tmp'));
          await mkdir(join(root, 'real-tmp'));
        };
      },
    },
  ],
  [
    'the work root is a file',
    {
      reason: /EEXIST|ENOTDIR/,
      async harm({ root }) {
        await rename(join(root, 'work'), join(root, 'work.away'));
        await writeFile(join(root, 'work'), '');
        return async () => {
          await unlink(join(root, 'work'));
          await rename(join(root, 'work.away'), join(root, 'work'));
        };
      },
    },
  ],
  [
    'the work root leads to a file system without new folders',
    {
      reason: /ENOENT/,
      async harm({ root }) {
        await rename(join(root, 'work'), join(root, 'work.away'));
        await symlink('/proc', join(root, 'work'));
        return async () => {
          await unlink(join(root, 'work'));
          await rename(join(root, 'work.away'), join(root, 'work'));
        };
      },
    },
  ],
  [
    'the temporary directory refuses files',
    {
      reason: /EROFS|EPERM|ENOENT|EACCES/,
      async harm({ temporary, root }) {
        await unlink(temporary);
        await symlink('/proc', temporary);
        return async () => {
          await unlink(temporary);
          await symlink(join(root, 'real-tmp'), temporary);
        };
      },
    },
  ],
];

// The pauses between probes of a sick host grow.
describe('on a host that is sick for a while,', { timeout: 120_000 }, () => {
  test.for(ILLNESSES)(
    '%s: no session fails, and all run after the repair',
    async ([name, { harm, reason }], { fleet: parent }) => {
      const host = await createHost(parent, name.replaceAll(' ', '-'));
      const worker = await workerOf(host);
      const cure = await harm(host);
      const ids = await launchMany(host.fleet, SESSIONS);
      await untilHeldUp(worker, reason, host.fleet);
      await cure();
      const sessions = await endAll(host.fleet, ids);
      expect(sessions.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
      for (const { counts } of sessions) expect(counts).toMatchObject(NOT_HELD_AGAINST);
      const counted = sessions.filter(({ counts }) => (counts.host_failures ?? 0) > 0);
      expect(counted.length).toBeGreaterThan(0);
      expect(counted[0]?.host_failures?.[0]).toMatchObject({ worker_id: worker.id, proved: false });
      await untilReady(worker);
      expect(countLogged(worker, SICK)).toBe(countLogged(worker, WELL));
      expect(countLogged(worker, SICK)).toBeLessThan(4);
    },
  );

  // A disk that is full for one worker needs its own mount, which not every host allows.
  test.runIf(mayMount)(
    'the temporary directory is full: no session fails, and all run when it has space again',
    async ({ fleet: parent }) => {
      const host = await createHost(parent, 'full');
      const small = 'mount -t tmpfs -o size=8m none "$TMPDIR" && exec "$@"';
      const worker = await host.fleet.worker(
        { CLAUDE_BIN: host.claude, TMPDIR: join(host.root, 'real-tmp'), WORKER_CONCURRENCY },
        ['unshare', '--mount', 'sh', '-c', small, 'sh'],
      );
      const filler = `/proc/${worker.pid}/root${host.root}/real-tmp/filler`;
      await expect(writeFile(filler, Buffer.alloc(9 * 1024 * 1024))).rejects.toThrow('ENOSPC');
      const ids = await launchMany(host.fleet, SESSIONS);
      await untilHeldUp(worker, /ENOSPC/, host.fleet);
      await rm(filler);
      const sessions = await endAll(host.fleet, ids);
      expect(sessions.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
      for (const { counts } of sessions) expect(counts).toMatchObject(NOT_HELD_AGAINST);
    },
  );

  test('running sessions complete, and a healthy worker runs the waiting sessions', async ({
    fleet: parent,
  }) => {
    const host = await createHost(parent, 'two');
    const sick = await workerOf(host);
    const go = join(host.root, 'go');
    const running = await host.fleet.play([{ say: 'one' }, { wait_for: go }, { say: 'two' }]);
    await host.fleet.until(running, 'running', ({ status }) => status === 'running');
    await rename(host.claude, `${host.claude}.away`);
    const first = await host.fleet.launch({ query: 'first' });
    await untilHeldUp(sick, /the claude CLI/, host.fleet);
    const well = await host.fleet.worker();
    const ids = [first, ...(await launchMany(host.fleet, SESSIONS))];
    for (const session of await endAll(host.fleet, ids)) {
      expect(session).toMatchObject({ status: 'completed', counts: NOT_HELD_AGAINST });
      expect(session.attempts.at(-1)?.worker_id).toBe(well.id);
    }
    await writeFile(go, '');
    expect(await host.fleet.ended(running)).toMatchObject({
      status: 'completed',
      attempts: [{ worker_id: sick.id }],
    });
    await rename(`${host.claude}.away`, host.claude);
    await untilReady(sick);
  });

  test('a worker with too few file descriptors logs that its host is sick, and completes all sessions', async ({
    fleet: parent,
  }) => {
    const host = await createHost(parent, 'files');
    const worker = await host.fleet.worker(
      { CLAUDE_BIN: host.claude, TMPDIR: host.temporary, WORKER_CONCURRENCY: '12' },
      ['prlimit', '--nofile=64', '--'],
    );
    const ids = await launchMany(host.fleet, 24);
    const sessions = await endAll(host.fleet, ids);
    expect(sessions.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
    expect(countLogged(worker, SICK)).toBeGreaterThan(0);
  });
});
