import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import { claudeBin, type RunningClaude } from '../support/real-claude.ts';
import { waitFor } from '../support/wait.ts';
import { type Cli, makeCli } from './cli.ts';
import { carriers, groupOf, isAlive, sessionOf } from './processes.ts';

let cli: Cli;
let count = 0;

beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

interface Seen {
  id: string;
  /** The file to which the call writes its pid; no other call uses this name. */
  file: string;
  claude: number;
  shell: number;
}

// Runs a Bash call that writes its pid and then never ends. Calls `act` while the Bash call runs.
async function duringBash(act: (seen: Seen, claude: RunningClaude) => Promise<unknown>) {
  count += 1;
  const file = join(cli.home.workDir, `pid-${count}`);
  const script = [
    toolUse('Bash', { command: `echo $$ > ${file}; tail -f /dev/null; true` }),
    text('done'),
  ];
  const id = `0197f0a0-7777-7000-8000-00000000000${count}`;
  const args = ['--allowedTools=Bash', `--session-id=${id}`];
  const env = { BATON_RUN: `marker-${count}` };
  const run = await cli.runUntil({ script, args, prompt: 'go', env }, async (claude) => {
    const shell = await waitFor('the shell', async () => {
      const received = await readFile(file, 'utf8').catch(() => '');
      return received.endsWith('\n') && Number(received);
    });
    await act({ id, file, claude: claude.pid, shell }, claude);
  });
  return { run, id };
}

async function kill(pid: number): Promise<void> {
  process.kill(-groupOf(pid), 'SIGKILL');
  await waitFor('the shell to die', () => !isAlive(pid));
}

describe('the shell of a Bash call', () => {
  test('has its own process session, so a signal to the CLI’s group does not reach it', async () => {
    await duringBash(async (seen, claude) => {
      expect(groupOf(seen.claude)).toBe(seen.claude);
      expect(sessionOf(seen.shell)).not.toBe(sessionOf(seen.claude));
      expect(groupOf(seen.shell)).not.toBe(groupOf(seen.claude));
      claude.child.kill('SIGTERM');
    });
  });

  test('has the CLI’s environment in /proc, so a marker finds it', async () => {
    await duringBash(async (seen, claude) => {
      const found = carriers(`BATON_RUN=marker-${count}`);
      expect(found).toContain(seen.claude);
      expect(found).toContain(seen.shell);
      claude.child.kill('SIGTERM');
    });
  });

  test('keeps running when SIGKILL ends the CLI', async () => {
    await duringBash(async (seen, claude) => {
      claude.child.kill('SIGKILL');
      await claude.done;
      expect(isAlive(seen.shell)).toBe(true);
      await kill(seen.shell);
    });
  });

  test('is ended by the CLI on SIGTERM, and the CLI exits with 143', async () => {
    const { run } = await duringBash(async (seen, claude) => {
      claude.child.kill('SIGTERM');
      await waitFor('the shell to die', () => !isAlive(seen.shell));
    });
    expect(run).toMatchObject({ exitCode: 143, results: [] });
  });

  test('is ended by the CLI on SIGINT, and the CLI exits with 0', async () => {
    const { run } = await duringBash(async (seen, claude) => {
      claude.child.kill('SIGINT');
      await waitFor('the shell to die', () => !isAlive(seen.shell));
    });
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.results.filter((line) => line['is_error'] !== true)).toEqual([]);
  });
});

describe('a resume of a turn that was stopped within a Bash call', () => {
  // The texts that the model may get about the stopped call.
  const ENDS = ['Tool call interrupted', 'Exit code 137', "doesn't want to proceed"];

  async function loggedAfter(signal: NodeJS.Signals): Promise<string | undefined> {
    const { id } = await duringBash(async (seen, claude) => {
      // The tool's name does not prove that the call is saved, because the transcript's list of
      // tools has the name too.
      const isSaved = async () => (await cli.home.readTranscript(seen.id))?.includes(seen.file);
      await waitFor('the call in the transcript', isSaved);
      claude.child.kill(signal);
      await claude.done;
      if (signal === 'SIGKILL') await kill(seen.shell);
    });
    const run = await cli.run({ script: [text('ok')], args: [`--resume=${id}`], prompt: 'go on' });
    expect(run.results[0]).toMatchObject({ is_error: false, result: 'ok' });
    const history = JSON.stringify(run.requests[0]?.body.messages);
    return ENDS.find((end) => history.includes(end));
  }

  test('tells the model after SIGKILL that the call was cut off', async () => {
    expect(await loggedAfter('SIGKILL')).toBe('Tool call interrupted');
  });

  test('tells the model after SIGTERM that the call was cut off or killed, not that it was refused', async () => {
    expect(await loggedAfter('SIGTERM')).toMatch(/interrupted|137/);
  });

  test('tells the model after SIGINT that the user refused the call or that it was cut off', async () => {
    expect(await loggedAfter('SIGINT')).toMatch(/proceed|interrupted/);
  });
});

test('the CLI outlives the process that started it, and completes its turn', async () => {
  const home = cli.home;
  const starter = join(home.root, 'starter.sh');
  const pidFile = join(home.root, 'orphan.pid');
  await writeFile(
    starter,
    `#!/bin/sh\nexec 3<&0\n"$CLAUDE" "$@" <&3 &\necho $! > ${pidFile}\nwait\n`,
    {
      mode: 0o755,
    },
  );
  const other = await makeCli(starter);
  const answer = Promise.withResolvers<Reply>();
  const options = { script: [() => answer.promise], prompt: 'go', env: { CLAUDE: claudeBin() } };
  const run = await other.runUntil(options, async (parent, api) => {
    await api.arrival(1);
    parent.child.kill('SIGKILL');
    await waitFor('the parent to die', () => !isAlive(parent.pid));
    expect(isAlive(Number(await readFile(pidFile, 'utf8')))).toBe(true);
    answer.resolve(text('still here'));
  });
  expect(run.results[0]).toMatchObject({ is_error: false, result: 'still here' });
  await other.remove();
});
