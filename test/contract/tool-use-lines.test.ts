// Which lines of a transcript show tool calls and their results.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toolUseIn } from '../../apps/worker/src/transcript/file-changing-calls.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { type Cli, makeCli } from './cli.ts';
import { bytesOf } from './transcript.ts';

const ID = '0197f0a0-2222-7000-8000-000000000011';

let cli: Cli;
beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

test('a call, its result and the end of its work in the background are found in the transcript', async () => {
  const go = join(cli.home.root, 'go');
  const waiting = `until [ -f ${go} ]; do sleep 0.1; done`;
  const background = (command: string) =>
    toolUse('Bash', { command, description: 'work', run_in_background: true });
  // The first command ends during the turn, and the second one after it.
  const script = [
    background(waiting),
    background('sleep 3'),
    toolUse('Bash', { command: `touch ${go}; sleep 1`, description: 'go' }),
    text('it runs'),
    text('done'),
    text('done'),
  ];
  const args = [`--session-id=${ID}`, '--permission-mode=acceptEdits', '--allowedTools=Bash'];
  await cli.run({ script, args, prompt: 'go' });
  const lines = (await bytesOf(cli.home, ID)).trimEnd().split('\n');
  const shown = lines.map(toolUseIn);
  expect(shown).not.toContain(null);
  const calls = shown.flatMap((use) => use?.calls ?? []);
  expect(calls.map(({ name, input }) => [name, input['command']])).toEqual([
    ['Bash', waiting],
    ['Bash', 'sleep 3'],
    ['Bash', `touch ${go}; sleep 1`],
  ]);
  const ids = calls.map(({ id }) => id);
  expect(shown.flatMap((use) => use?.results ?? [])).toEqual(ids);
  expect(shown.flatMap((use) => use?.ended ?? [])).toEqual(ids.slice(0, 2));
  const attached = lines.filter((line) => (toolUseIn(line)?.ended ?? []).length > 0);
  expect(attached.map((line) => JSON.parse(line).type)).toEqual(['attachment', 'user']);
});
