// A session cannot start although its host passes the probe, or its host fails while it runs.
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate, setInterval } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { FAKE_CLAUDE } from '../../../fake-claude/install.ts';
import { test } from '../../../support/fleet.ts';
import { untilReady } from '../../../support/readiness.ts';

describe('a session that meets host errors', { timeout: 60_000 }, () => {
  test('fails after three host failures although each probe passes, and other sessions run', async ({
    fleet: parent,
  }) => {
    const fleet = parent.sibling(onTestFinished);
    const claude = join(parent.root, 'full-claude');
    // This CLI imitates a session that fills the disk. The files of such a session are removed
    // before the probe, so the probe passes.
    const script = `#!/bin/sh
if [ "$1" != --version ]; then
  IFS= read -r initialize
  IFS= read -r prompt
  case "$prompt" in *FILL*) echo "Error: ENOSPC: no space left on device, write" >&2; exit 1;; esac
  { printf '%s\n%s\n' "$initialize" "$prompt"; cat; } | ${FAKE_CLAUDE} "$@"
  exit $?
fi
exec ${FAKE_CLAUDE} "$@"
`;
    await writeFile(claude, script);
    await chmod(claude, 0o755);
    const worker = await fleet.worker({ CLAUDE_BIN: claude });
    const filler = await fleet.launch({ query: 'FILL' });
    const other = await fleet.launch({ query: 'hi' });
    const session = await fleet.ended(filler);
    expect(session).toMatchObject({
      status: 'failed',
      failure: { code: 'HOST_ERROR', retryable: false },
      counts: { retries: 0, crashes: 0, hand_backs: 0, host_failures: 3 },
      host_failures: [
        { worker_id: worker.id, proved: false },
        { worker_id: worker.id, proved: true },
        { worker_id: worker.id, proved: true },
      ],
    });
    expect(session.error).toContain('ENOSPC');
    expect(session.attempts.map(({ outcome }) => outcome)).toEqual([
      'host_failure',
      'host_failure',
      'failed',
    ]);
    expect(await fleet.ended(other)).toMatchObject({
      status: 'completed',
      counts: { host_failures: 0 },
    });
    await untilReady(worker);
  });

  test('is retried if the host error comes after its first line', async ({ fleet: parent }) => {
    const fleet = parent.sibling(onTestFinished);
    await fleet.worker({ RETRY_FIRST_MS: '1' });
    const once = join(parent.root, 'once-full');
    const full = [
      { stderr: 'Error: ENOSPC: no space left on device, write' },
      { result: false },
      { exit: 1 },
    ];
    const id = await fleet.play(
      [{ unsaved: true }, { once, steps: full, else: [{ say: 'done' }] }],
      { recovery: { max_retries: 1 } },
    );
    expect(await fleet.ended(id)).toMatchObject({
      status: 'completed',
      counts: { retries: 1, host_failures: 0 },
      attempts: [{ failure: { code: 'HOST_ERROR', retryable: true } }, { outcome: 'completed' }],
    });
  });

  test('either completes or fails with WORKING_DIR_NOT_FOUND if its working directory comes and goes', async ({
    fleet: parent,
  }) => {
    const fleet = parent.sibling(onTestFinished);
    const dir = join(parent.root, 'work', 'flapping');
    await mkdir(dir);
    const worker = await fleet.worker();
    const ids: string[] = [];
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const flapping = (async () => {
      for await (const _ of setInterval(5)) {
        if (over.signal.aborted) return;
        await rename(dir, `${dir}.away`);
        await setImmediate();
        await rename(`${dir}.away`, dir);
      }
    })();
    for (let n = 0; n < 60; n += 1) {
      ids.push(await fleet.launch({ query: `hi ${n}`, working_dir: dir }));
    }
    const endings = new Set<string>();
    for (const id of ids) {
      const { status, failure } = await fleet.ended(id);
      endings.add(failure?.code ?? status);
    }
    over.abort();
    await flapping;
    expect(
      [...endings].filter((it) => it !== 'completed' && it !== 'WORKING_DIR_NOT_FOUND'),
    ).toEqual([]);
    expect(worker.err()).not.toContain('the host cannot run sessions');
  });
});
