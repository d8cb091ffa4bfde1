import { afterAll, beforeAll, expect, test } from 'vitest';
import { slowly, text, thought, toolUse, toolUses } from '../support/messages-api/reply.ts';
import { type Line, parseLines } from '../support/real-claude.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';
import { bytesOf, entriesOf } from './transcript.ts';

const ID = '0197f0a0-3333-7000-8000-000000000001';
const PROMPT = '--looks-like=a-flag\n  and "quotes"; keeps its lines';

let cli: Cli;
let run: CliRun;
let entries: Line[];

beforeAll(async () => {
  cli = await makeCli();
  const script = [
    toolUse('Bash', { command: 'echo made > out.txt; cat out.txt' }, { say: 'I look.' }),
    thought('hm', 'It says made.'),
  ];
  const args = [`--session-id=${ID}`, '--allowedTools=Bash'];
  run = await cli.run({ script, args, prompt: PROMPT });
  entries = await entriesOf(cli.home, ID);
});
afterAll(() => cli.remove());

test('every line of stdout is one JSON object that ends with a line feed', () => {
  expect(run.stdout.endsWith('\n')).toBe(true);
  expect(run.allLines).toHaveLength(run.stdout.trimEnd().split('\n').length);
});

test('the first line of a conversation is the init line, with version, model, mode and working directory', () => {
  expect(run.lines[0]).toMatchObject({
    type: 'system',
    subtype: 'init',
    session_id: ID,
    cwd: cli.home.workDir,
    permissionMode: 'default',
    apiKeySource: 'ANTHROPIC_API_KEY',
    mcp_servers: [],
    claude_code_version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    model: expect.any(String),
  });
});

test('the last line of a conversation is the only result line, with success, no error and the answer', () => {
  expect(run.results).toHaveLength(1);
  expect(run.lines.at(-1)).toBe(run.results[0]);
  expect(run.results[0]).toMatchObject({
    subtype: 'success',
    is_error: false,
    result: 'It says made.',
    session_id: ID,
    num_turns: 2,
    api_error_status: null,
    permission_denials: [],
    duration_ms: expect.any(Number),
    duration_api_ms: expect.any(Number),
  });
  expect(run).toMatchObject({ exitCode: 0, signal: null, stderr: '' });
});

test('a prompt on stdin arrives whole, even if it begins with dashes', () => {
  expect(run.requests[0]?.prompts).toEqual([PROMPT]);
});

test('the blocks of one answer are several lines with one message id and the same usage', () => {
  const answers = run.lines.filter((line) => line.type === 'assistant');
  const [said, called, thinking, words] = answers.map(
    (line) => line['message'] as { id: string; usage: unknown },
  );
  expect(answers).toHaveLength(4);
  expect(called).toMatchObject({ id: said?.id, usage: said?.usage });
  expect(words).toMatchObject({ id: thinking?.id, usage: thinking?.usage });
});

test('a tool result is a user line', () => {
  const [result] = run.lines.filter((line) => line.type === 'user');
  expect(result?.['message']).toMatchObject({
    content: [{ type: 'tool_result', content: 'made', is_error: false }],
  });
});

test('assistant and user lines have the uuid of their transcript entry', () => {
  const streamed = run.lines.filter((line) => line.type === 'assistant' || line.type === 'user');
  const saved = new Map(entries.map((entry) => [entry['uuid'], entry.type]));
  expect(streamed.length).toBeGreaterThan(4);
  for (const line of streamed) expect(saved.get(line['uuid'])).toBe(line.type);
});

test('init and result lines are not in the transcript', () => {
  const uuids = entries.map((entry) => entry['uuid']);
  const types = entries.map((entry) => entry.type);
  expect(uuids).not.toContain(run.lines[0]?.['uuid']);
  expect(uuids).not.toContain(run.results[0]?.['uuid']);
  expect(types).not.toContain('result');
});

test('the prompt is a user entry of the transcript with one text block', () => {
  const prompts = entries.filter((entry) => entry.type === 'user').map((entry) => entry['message']);
  expect(prompts).toContainEqual({ role: 'user', content: [{ type: 'text', text: PROMPT }] });
});

test('the transcript holds only whole lines when the process has ended', async () => {
  const bytes = await bytesOf(cli.home, ID);
  expect(bytes.endsWith('\n')).toBe(true);
  expect(parseLines(bytes)).toHaveLength(bytes.trimEnd().split('\n').length);
});

test('an empty prompt is not refused: the model is asked', async () => {
  const empty = await cli.run({ script: [text('ok')], prompt: '' });
  expect(empty).toMatchObject({ exitCode: 0, stderr: '' });
  expect(empty.requests).toHaveLength(1);
});

test('a line of 3 MiB is printed whole', async () => {
  const long = 'x'.repeat(3 * 1024 * 1024);
  const big = await cli.run({ script: [text([long])], prompt: 'go' });
  expect(big.results[0]?.['result']).toBe(long);
});

test('the results of several tool calls of one answer reach the model in one request', async () => {
  const calls = ['one', 'two'].map((text) => ({
    name: 'Bash',
    input: { command: `echo ${text}` },
  }));
  const script = [toolUses(calls), text('done')];
  const two = await cli.run({ script, args: ['--allowedTools=Bash'], prompt: 'go' });
  expect(two.requests).toHaveLength(2);
  // The calls run at the same time, and the results come in the order in which the calls end.
  expect(two.requests[1]?.toolResults.toSorted()).toEqual(['one', 'two']);
});

test('with --include-partial-messages a slow answer is printed while it grows', async () => {
  const script = [text('one two three', { pace: slowly(50) })];
  const args = ['--include-partial-messages'];
  const slow = await cli.run({ script, args, prompt: 'go' });
  const pieces = slow.lines
    .filter((line) => line.type === 'stream_event')
    .flatMap((line) => /"text":"(\w+ ?)"/.exec(JSON.stringify(line['event']))?.[1] ?? []);
  expect(pieces).toEqual(['one ', 'two ', 'three']);
});
