// The fake must behave like the real CLI: each test puts both into the same situation.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAKE_CLAUDE } from '../fake-claude/install.ts';
import { hang, text } from '../support/messages-api/reply.ts';
import type { Line } from '../support/real-claude.ts';
import { type Cli, type CliRun, makeCli, onPromptSaved, type RunOptions } from './cli.ts';
import { entriesOf } from './transcript.ts';

const ID = '0197f0a0-9999-7000-8000-000000000001';
const STOPPED = '0197f0a0-9999-7000-8000-000000000002';
const HANG = '#fake {"hang":true}';

interface Both {
  real: CliRun;
  fake: CliRun;
}

let real: Cli;
let fake: Cli;
let launched: Both;

beforeAll(async () => {
  real = await makeCli();
  fake = await makeCli(FAKE_CLAUDE);
  launched = await both({ script: [text('yes')], args: [`--session-id=${ID}`], prompt: 'go' });
});
afterAll(async () => {
  await real.remove();
  await fake.remove();
});

async function both(options: RunOptions): Promise<Both> {
  return { real: await real.run(options), fake: await fake.run(options) };
}

const shapes = (lines: Line[]) => lines.map((line) => [line.type, line.subtype]);
const keys = (line: Line | undefined) => Object.keys(line ?? {});

function expectAlike(runs: Both): void {
  expect(runs.fake.exitCode).toBe(runs.real.exitCode);
  expect(runs.fake.stderr).toBe(runs.real.stderr);
  expect(shapes(runs.fake.lines)).toEqual(shapes(runs.real.lines));
}

test('a launch of the fake prints the same kinds of lines as the real CLI', () =>
  expectAlike(launched));

test('the fake’s lines have no key that the real lines lack', () => {
  for (const [index, line] of launched.fake.lines.entries()) {
    expect(keys(launched.real.lines[index])).toEqual(expect.arrayContaining(keys(line)));
  }
});

test('the fake’s transcript entries have no key that the real entries lack', async () => {
  const inReal = await entriesOf(real.home, ID);
  for (const entry of await entriesOf(fake.home, ID)) {
    const model = inReal.find((one) => one.type === entry.type);
    expect(keys(model)).toEqual(expect.arrayContaining(keys(entry)));
  }
});

describe('the fake ends like the real CLI', () => {
  test.each([
    ['in a resume', [`--resume=${ID}`]],
    ['with a session id in use', [`--session-id=${ID}`]],
    ['with an invalid session id', ['--session-id=mine']],
    ['in a resume without a transcript', [`--resume=${STOPPED}`]],
    ['with an unknown flag', ['--nonsense=1']],
  ])('%s', async (_name, args) => {
    expectAlike(await both({ script: [text('yes')], args, prompt: 'go' }));
  });

  test('on SIGTERM', async () => {
    const args = [`--session-id=${STOPPED}`];
    const stop = (cli: Cli) => onPromptSaved(cli.home, STOPPED, 'go', 'SIGTERM');
    const options = { script: [hang()], args };
    expectAlike({
      real: await real.runUntil({ ...options, prompt: 'go' }, stop(real)),
      fake: await fake.runUntil({ ...options, prompt: `go\n${HANG}` }, stop(fake)),
    });
  });
});

test.each([
  ['', 1],
  ['{"silent":true},', 0],
])(
  'SIGINT during [%s{"hang":true}] ends the fake with exit 0 and %i result lines',
  async (silent, count) => {
    const id = `0197f0a0-9999-7000-8000-00000000001${count}`;
    const prompt = `go\n#fake [${silent}{"hang":true}]`;
    const options = { script: [text('-')], args: [`--session-id=${id}`], prompt };
    const run = await fake.runUntil(options, async (claude) => {
      await claude.line('init', (line) => line.subtype === 'init');
      process.kill(claude.pid, 'SIGINT');
    });
    expect(run.exitCode).toBe(0);
    expect(run.results).toHaveLength(count);
  },
);

test('a resume of the fake counts the earlier prompts, and adds to the earlier cost', async () => {
  const run = await fake.run({ script: [text('-')], args: [`--resume=${ID}`], prompt: 'and now' });
  const earlier = Number(/earlier prompts: (\d+)/.exec(String(run.results[0]?.['result']))?.[1]);
  expect(earlier).toBeGreaterThan(0);
  expect(run.results[0]?.['total_cost_usd']).toBeCloseTo(0.01 * (earlier + 1), 10);
});
