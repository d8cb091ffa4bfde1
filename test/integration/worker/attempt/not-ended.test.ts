// A CLI that runs as another user (as behind sudo) cannot be ended by the worker.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { FAKE_CLAUDE } from '../../../fake-claude/install.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { countLogged, readiness, untilReady, untilUnready } from '../../../support/readiness.ts';

const NOBODY = 65_534;

// Root without the right to signal other users: the kernel then treats the worker as any other user.
const WITHOUT_KILL = ['setpriv', '--bounding-set=-kill', '--inh-caps=-kill', '--'];

// The CLI may still read the project and its own folders, which belong to root.
const CAPABILITIES = '+dac_override,+dac_read_search';
const AS_NOBODY = `setpriv --reuid=${NOBODY} --clear-groups --inh-caps=${CAPABILITIES} --ambient-caps=${CAPABILITIES}`;

async function start(parent: Fleet, name: string, script: string, more = {}) {
  const fleet = parent.sibling(onTestFinished);
  const claude = join(parent.root, `${name}-claude`);
  await writeFile(claude, `#!/bin/sh\n${script}\n`);
  await chmod(claude, 0o755);
  const worker = await fleet.worker({ CLAUDE_BIN: claude, ...more }, WITHOUT_KILL);
  return { fleet, worker };
}

async function hang(fleet: Fleet, config = {}) {
  const id = await fleet.play([{ say: 'one' }, { hang: true }], config);
  const session = await fleet.until(id, 'running', ({ status }) => status === 'running');
  return { id, pid: session.attempts[0]?.pid ?? 0 };
}

function cancel(fleet: Fleet, id: string) {
  return fleet.baton.stores.stopRequests.requestCancel(id);
}

const FAILED = {
  status: 'failed',
  failure: { code: 'PROCESS_NOT_ENDED', retryable: false },
  counts: { retries: 0, crashes: 0, hand_backs: 0 },
};

// Only root may start a process as another user; test/unit/worker/claude/stop.test.ts runs for any user.
describe.runIf(process.getuid?.() === 0)(
  'a CLI that runs as another user',
  { timeout: 120_000 },
  () => {
    test('cannot be cancelled: its session fails, its slot is freed, and readiness names the process', async ({
      fleet: parent,
    }) => {
      const script = `exec ${AS_NOBODY} ${FAKE_CLAUDE} "$@"`;
      const { fleet, worker } = await start(parent, 'exec', script, { WORKER_CONCURRENCY: '1' });
      const { id, pid } = await hang(fleet);
      await cancel(fleet, id);
      const session = await fleet.ended(id);
      expect(session).toMatchObject(FAILED);
      expect(session.error).toContain(`pid ${pid}`);
      expect(session.error).toContain('EPERM');
      await untilUnready(worker, new RegExp(`pid ${pid}`));
      const next = await fleet.ended(await fleet.launch({ query: 'next' }));
      expect(next).toMatchObject({ status: 'completed', attempts: [{ worker_id: worker.id }] });
      expect((await readiness(worker)).status).toBe(503);
      expect(countLogged(worker, 'could not be ended: ')).toBe(1);
      process.kill(pid, 'SIGKILL');
      await untilReady(worker);
    });

    test('is not ended together with the wrapper that started it', async ({ fleet: parent }) => {
      const script = `${AS_NOBODY} ${FAKE_CLAUDE} "$@"`;
      const { fleet, worker } = await start(parent, 'wrapper', script);
      const { id } = await hang(fleet, {
        timeouts: { idle_ms: 300 },
        recovery: { max_retries: 3 },
      });
      expect(await fleet.ended(id)).toMatchObject(FAILED);
      const said = await untilUnready(worker, /pid \d+/);
      process.kill(Number(/pid (\d+)/.exec(said)?.[1]), 'SIGKILL');
      await untilReady(worker);
    });

    test('makes its session fail when its worker stops, and no worker gets the session', async ({
      fleet: parent,
    }) => {
      const script = `exec ${AS_NOBODY} ${FAKE_CLAUDE} "$@"`;
      const { fleet, worker } = await start(parent, 'drain', script, { DRAIN_TIMEOUT_MS: '0' });
      const { id, pid } = await hang(fleet);
      expect(await worker.stop()).toEqual({ code: 0, signal: null });
      expect(await fleet.session(id)).toMatchObject(FAILED);
      process.kill(pid, 'SIGKILL');
    });

    test('keeps its host from being ready after another worker took its session over', async ({
      fleet: parent,
    }) => {
      const script = `exec ${AS_NOBODY} ${FAKE_CLAUDE} "$@"`;
      const { fleet, worker } = await start(parent, 'lost', script);
      const { id, pid } = await hang(fleet);
      const sessions = fleet.db.collection<{ _id: string }>('sessions');
      await sessions.updateOne({ _id: id }, { $inc: { 'lease.fence': 1 } });
      await untilUnready(worker, new RegExp(`pid ${pid}`));
      expect(countLogged(worker, 'could not be ended: ')).toBe(1);
      process.kill(pid, 'SIGKILL');
      await untilReady(worker);
    });
  },
);
