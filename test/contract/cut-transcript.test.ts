// A resume of a transcript that was cut after an entry: what the model then sees.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { text, toolUse, toolUses } from '../support/messages-api/reply.ts';
import { type Cli, makeCli } from './cli.ts';
import { bytesOf } from './transcript.ts';

const ID = '0197f0a0-2222-7000-8000-000000000009';

let lines: string[];
const made: Cli[] = [];

async function newCli(): Promise<Cli> {
  const cli = await makeCli();
  made.push(cli);
  return cli;
}

beforeAll(async () => {
  const cli = await newCli();
  const call = (step: string) => toolUse('Bash', { command: `echo step-${step}` });
  const args = [`--session-id=${ID}`, '--allowedTools=Bash'];
  const together = toolUses(
    ['three', 'four'].map((step) => ({ name: 'Bash', input: { command: `echo step-${step}` } })),
  );
  const script = [call('one'), call('two'), together, text('the-report')];
  await cli.run({ script, args, prompt: 'take two steps' });
  lines = (await bytesOf(cli.home, ID)).trimEnd().split('\n');
});
afterAll(async () => {
  for (const cli of made) await cli.remove();
});

test.each<[after: string, isLast: (line: string) => boolean, unseen: RegExp]>([
  [
    'the prompt',
    (line) => line.includes('"type":"user"') && line.includes('take two steps'),
    /step-one|step-two|the-report/,
  ],
  [
    'a tool call',
    (line) => line.includes('"type":"assistant"') && line.includes('echo step-one'),
    /step-two|the-report/,
  ],
  [
    'a tool result',
    (line) => line.includes('"type":"user"') && line.includes('step-one'),
    /step-two|the-report/,
  ],
  [
    'the first of two calls',
    (line) => line.includes('"type":"assistant"') && line.includes('echo step-three'),
    /step-four|the-report/,
  ],
  [
    'the result of the first of two calls',
    (line) => line.includes('"tool_result"') && line.includes('step-three'),
    /the-report/,
  ],
])('a transcript that is cut after %s is resumed from there', async (_after, isLast, unseen) => {
  const last = lines.findIndex(isLast);
  expect(last).toBeGreaterThan(0);
  const cli = await newCli();
  const kept = `${lines.slice(0, last + 1).join('\n')}\n`;
  await mkdir(dirname(cli.home.transcript(ID)), { recursive: true });
  await writeFile(cli.home.transcript(ID), kept);
  const args = [`--resume=${ID}`];
  const run = await cli.run({ script: [text('ok')], args, prompt: 'another way' });
  expect(run.exitCode).toBe(0);
  const [request, ...more] = run.requests;
  expect(more).toEqual([]);
  expect(request?.prompts[0]).toBe('take two steps');
  expect(request?.prompts.at(-1)).toBe('another way');
  const messages = JSON.stringify(request?.body.messages);
  expect(messages).not.toMatch(unseen);
  // The Messages API refuses a tool call without a result.
  // The CLI runs two calls of one message at once, so the first result may be that of the second call.
  const idsOf = (pattern: RegExp) => [...messages.matchAll(pattern)].map(([, one]) => one).sort();
  expect(idsOf(/"type":"tool_use","id":"(\w+)"/g)).toEqual(idsOf(/"tool_use_id":"(\w+)"/g));
  expect((await bytesOf(cli.home, ID)).startsWith(kept)).toBe(true);
});
