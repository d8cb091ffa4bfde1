import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hang, text } from '../support/messages-api/reply.ts';
import { type Cli, makeCli, onPromptSaved } from './cli.ts';
import { bytesOf } from './transcript.ts';

const ID = '0197f0a0-2222-7000-8000-000000000001';

let parent: Cli;
const made: Cli[] = [];

beforeAll(async () => {
  parent = await makeCli();
  const args = [`--session-id=${ID}`, '--append-system-prompt=MARK-ONE'];
  await parent.run({ script: [text('blue')], args, prompt: 'name a colour' });
});
afterAll(async () => {
  for (const cli of [parent, ...made]) await cli.remove();
});

// Makes a home with a copy of the parent's transcript, as on another worker.
async function restored(): Promise<Cli> {
  const cli = await makeCli();
  made.push(cli);
  await mkdir(dirname(cli.home.transcript(ID)), { recursive: true });
  await cp(parent.home.transcript(ID), cli.home.transcript(ID));
  return cli;
}

test('a transcript copied to another config dir is resumed with its whole history', async () => {
  const cli = await restored();
  const run = await cli.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt: 'again' });
  expect(run.exitCode).toBe(0);
  expect(run.requests[0]?.prompts).toEqual(['name a colour', 'again']);
  expect(JSON.stringify(run.requests[0]?.body.messages)).toContain('blue');
});

test('a plain resume keeps the session id', async () => {
  const cli = await restored();
  const run = await cli.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt: 'again' });
  expect(new Set(run.lines.map((line) => line['session_id']))).toEqual(new Set([ID]));
});

describe('a plain resume only appends bytes to the transcript', () => {
  test('after each of four answered turns', async () => {
    const cli = await restored();
    let before = await bytesOf(cli.home, ID);
    for (const prompt of ['one', 'two', 'three', 'four']) {
      await cli.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt });
      const after = await bytesOf(cli.home, ID);
      expect(after.length).toBeGreaterThan(before.length);
      expect(after.startsWith(before)).toBe(true);
      before = after;
    }
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('after a %s', async (signal) => {
    const cli = await restored();
    const start = await bytesOf(cli.home, ID);
    const stop = onPromptSaved(cli.home, ID, 'stopped', signal);
    const resume = { args: [`--resume=${ID}`] };
    await cli.runUntil({ ...resume, script: [hang()], prompt: 'stopped' }, stop);
    const stopped = await bytesOf(cli.home, ID);
    expect(stopped.startsWith(start)).toBe(true);
    const run = await cli.run({ ...resume, script: [text('ok')], prompt: 'go on' });
    const after = await bytesOf(cli.home, ID);
    expect(after.startsWith(stopped)).toBe(true);
    expect(run.requests[0]?.prompts).toContain('stopped');
  });
});

test('two plain resumes at once in separate config dirs make two branches', async () => {
  const [left, right] = [await restored(), await restored()];
  const start = await bytesOf(parent.home, ID);
  const runs = await Promise.all([
    left.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt: 'left' }),
    right.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt: 'right' }),
  ]);
  expect(runs.map((run) => run.exitCode)).toEqual([0, 0]);
  for (const [cli, own, other] of [
    [left, 'left', 'right'],
    [right, 'right', 'left'],
  ] as const) {
    const added = (await bytesOf(cli.home, ID)).slice(start.length);
    expect(added).toContain(`"text":"${own}"`);
    expect(added).not.toContain(`"text":"${other}"`);
  }
});

test('a resume without a transcript prints one error line, makes no call and exits with 1', async () => {
  const cli = await makeCli();
  made.push(cli);
  const run = await cli.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt: 'again' });
  expect(run).toMatchObject({ exitCode: 1, requests: [] });
  expect(run.lines).toHaveLength(1);
  expect(run.lines[0]).toMatchObject({
    type: 'result',
    subtype: 'error_during_execution',
    is_error: true,
    num_turns: 0,
    errors: [`No conversation found with session ID: ${ID}`],
  });
});

test('a resume finds no conversation in a transcript without a message', async () => {
  const cli = await restored();
  const lines = (await bytesOf(cli.home, ID)).split('\n');
  const before = lines.findIndex((line) => line.includes('"type":"user"'));
  expect(before).toBeGreaterThan(0);
  await writeFile(cli.home.transcript(ID), `${lines.slice(0, before).join('\n')}\n`);
  const run = await cli.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt: 'again' });
  expect(run).toMatchObject({ exitCode: 1, requests: [] });
  expect(run.lines[0]).toMatchObject({
    errors: [`No conversation found with session ID: ${ID}`],
  });
});

test('the transcript of a slash command holds its name', async () => {
  const cli = await makeCli();
  made.push(cli);
  await cli.run({ script: [text('ok')], args: [`--session-id=${ID}`], prompt: '/context' });
  expect(await bytesOf(cli.home, ID)).toContain('<command-name>/context</command-name>');
});

test.each([
  ['torn', 40],
  ['without its line end', 1],
])('a resume starts a new line after a last line that is %s', async (_name, missing) => {
  const cli = await restored();
  const cut = (await bytesOf(cli.home, ID)).slice(0, -missing);
  await writeFile(cli.home.transcript(ID), cut);
  await cli.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt: 'after the tear' });
  expect((await bytesOf(cli.home, ID)).startsWith(`${cut}\n{`)).toBe(true);
});

describe('the system prompt of a conversation', () => {
  async function systemOf(args: string[]): Promise<string> {
    const cli = await restored();
    const run = await cli.run({
      script: [text('ok')],
      args: [`--resume=${ID}`, ...args],
      prompt: 'x',
    });
    return JSON.stringify(run.requests[0]?.body.system);
  }

  test('is recorded with the first turn, so a resume does not send another system prompt', async () => {
    const sent = await systemOf(['--append-system-prompt=MARK-TWO']);
    expect(sent).toContain('MARK-ONE');
    expect(sent).not.toContain('MARK-TWO');
  });

  test('comes from the flags of the resume with --system-prompt-snapshot=off', async () => {
    const args = ['--append-system-prompt=MARK-TWO', '--system-prompt-snapshot=off'];
    const sent = await systemOf(args);
    expect(sent).toContain('MARK-TWO');
    expect(sent).not.toContain('MARK-ONE');
  });
});
