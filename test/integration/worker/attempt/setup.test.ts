// Sessions whose workspace has setup commands.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { test } from '../../../support/fleet.ts';
import { type GitFleet, openGitFleet, useGitScene } from './push-scene.ts';
import { loseDisk, runsShell } from './workspace-scene.ts';

const scene = useGitScene();

async function setupOutput(own: GitFleet, id: string): Promise<string> {
  const events = await own.events(id);
  return events
    .filter(({ type, subtype }) => type === 'baton.setup' && subtype === 'output')
    .map(({ raw }) => JSON.parse(raw).text)
    .join('');
}

describe('setup commands', () => {
  test('run before the CLI, without the secrets of the operator, and show their output while they run', async ({
    fleet,
  }) => {
    const own = openGitFleet(fleet, scene);
    await own.worker({
      ...own.settings,
      ANTHROPIC_API_KEY: 'sk-ant-the-key-of-the-operator',
      CLAUDE_CODE_OAUTH_TOKEN: 'the-token-of-the-operator',
      AWS_SECRET_ACCESS_KEY: 'the-aws-key-of-the-operator',
    });
    const go = join(fleet.root, 'go');
    const id = await own.play(runsShell(own, 'cp built copy'), {
      ...scene.from({
        setup: ['env | sort', 'echo made > built; pwd', `until [ -e ${go} ]; do sleep 0.05; done`],
      }),
      env: { MY_VARIABLE: 'my-secret-value', PLAIN: 'x' },
    });
    const live = await own.until(id, 'shown', ({ last_event_seq }) => last_event_seq >= 4);
    expect(live.status).toBe('starting');
    const said = await setupOutput(own, id);
    expect(said).toContain('MY_VARIABLE=***************\n');
    expect(said).toContain('PLAIN=x\n');
    expect(said).toContain(`${live.workspace?.path}\n`);
    for (const secret of ['sk-ant', 'of-the-operator', 'my-secret', '127.0.0.1']) {
      expect(said).not.toContain(secret);
    }
    expect(said).not.toMatch(/^(?:ANTHROPIC|CLAUDE|AWS|GIT_ASKPASS|GIT_CONFIG)/m);
    await writeFile(go, '');
    const ended = await own.ended(id);
    expect(ended.status).toBe('completed');
    expect(await readFile(join(ended.workspace?.path ?? '', 'copy'), 'utf8')).toBe('made\n');
    const types = (await own.events(id)).map(({ type, subtype }) => `${type} ${subtype}`);
    expect(types.lastIndexOf('baton.setup end')).toBeLessThan(types.indexOf('user prompt'));
  });

  test('run again after the directory was restored, and not while it stays', async ({ fleet }) => {
    const own = openGitFleet(fleet, scene);
    const first = await own.worker(own.settings);
    const ran = async (id: string) => (await setupOutput(own, id)) === 'ran\n';
    const id = await own.play(runsShell(own, 'test -e built'), {
      ...scene.from({ setup: ['echo ran; echo made > built'] }),
    });
    expect(await own.ended(id)).toMatchObject({ status: 'completed' });
    expect(await ran(id)).toBe(true);
    const stays = await own.continue(id, { query: fakePrompt([{ say: 'Hello.' }]) });
    expect(await own.ended(stays)).toMatchObject({ status: 'completed' });
    expect(await ran(stays)).toBe(false);
    await first.stop();
    await loseDisk(own.workRoot);
    await own.worker(own.settings);
    const restored = await own.continue(stays, {
      query: fakePrompt(runsShell(own, 'cp built seen')),
    });
    const ended = await own.ended(restored);
    expect(ended).toMatchObject({ status: 'completed' });
    expect(await ran(restored)).toBe(true);
    expect(await readFile(join(ended.workspace?.path ?? '', 'seen'), 'utf8')).toBe('made\n');
  });

  test('fail the session with the number of the command, its exit code and its words, also if they take too long', async ({
    fleet,
  }) => {
    const own = openGitFleet(fleet, scene);
    await own.worker(own.settings);
    const [failing, slow] = await Promise.all([
      own.play([{ say: 'never' }], {
        ...scene.from({ setup: ['true', 'echo broken >&2; test -e a.txt && exit 7'] }),
      }),
      own.play([{ say: 'never' }], {
        ...scene.from({ setup: ['sleep 600'] }),
        timeouts: { setup_ms: 300 },
      }),
    ]);
    const ended = await own.ended(failing);
    expect(ended).toMatchObject({
      status: 'failed',
      failure: {
        code: 'WORKSPACE_SETUP_FAILED',
        message: 'setup command 2 of 2 failed with exit code 7',
        exit_code: 7,
        stderr_tail: 'broken',
        field: 'workspace.setup.1',
      },
    });
    expect(ended.attempts[0]).not.toHaveProperty('pid');
    expect(await own.ended(slow)).toMatchObject({
      failure: {
        code: 'WORKSPACE_SETUP_FAILED',
        message: expect.stringContaining('the setup took longer than 300 ms'),
      },
    });
  });

  test('end when the session is cancelled', async ({ fleet }) => {
    const own = openGitFleet(fleet, scene);
    await own.worker(own.settings);
    const id = await own.play([{ say: 'never' }], {
      ...scene.from({ setup: ['echo begun; sleep 600'] }),
    });
    await own.until(id, 'in its setup', ({ last_event_seq }) => last_event_seq > 0);
    await own.baton.stop.cancelSession(id);
    expect(await own.ended(id)).toMatchObject({ status: 'cancelled' });
  });

  test('run again on another worker if theirs dies', async ({ fleet }) => {
    const own = openGitFleet(fleet, scene);
    const victim = await own.worker(own.settings);
    const once = join(fleet.root, `once-${own.env['QUEUE_PREFIX']}`);
    const id = await own.play([{ say: 'Done.' }], {
      ...scene.from({
        setup: ['echo ran', `[ -e ${once} ] || { touch ${once}; sleep 600; }`],
      }),
    });
    await own.until(id, 'in its setup', ({ last_event_seq }) => last_event_seq > 0);
    await victim.kill();
    await own.worker(own.settings);
    expect(await own.ended(id)).toMatchObject({ status: 'completed', counts: { crashes: 1 } });
    expect(await setupOutput(own, id)).toMatch(/^ran\n(?:.*\n)*ran\n$/);
  });
});
