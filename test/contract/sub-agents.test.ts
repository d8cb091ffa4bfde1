import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import type { Line } from '../support/real-claude.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';

const ID = '0197f0a0-6666-7000-8000-000000000001';

let cli: Cli;
let run: CliRun;

const answered = Promise.withResolvers<void>();

// The model answers the prompt while the sub-agent runs, and answers again after it has ended.
async function script(request: MessagesRequest) {
  if (request.fromSubAgent) {
    await answered.promise;
    return text('42');
  }
  if (request.notified) return text('The agent says 42.');
  if (request.toolResults.length > 0) return text('An agent is looking.');
  const input = { description: 'look', prompt: 'look', subagent_type: 'general-purpose' };
  return toolUse('Agent', input);
}

beforeAll(async () => {
  cli = await makeCli();
  const options = { script, args: [`--session-id=${ID}`], prompt: 'go' };
  run = await cli.runUntil(options, async (claude) => {
    // The CLI delays a result line only if a sub-agent still runs at that time.
    await claude.line('the answer', (line) =>
      JSON.stringify(line).includes('An agent is looking.'),
    );
    answered.resolve();
  });
});
afterAll(() => cli.remove());

const own = (line: Line) => line['parent_tool_use_id'] === null;

test('one process prints a second init line when a background sub-agent ends', () => {
  expect(run.lines.filter((line) => line.subtype === 'init')).toHaveLength(2);
  expect(run.exitCode).toBe(0);
});

test('the result lines of all turns come together at the end', () => {
  expect(run.results).toHaveLength(2);
  expect(run.lines.slice(-2)).toEqual(run.results);
});

test('the last result line is the answer, and names a notification as its origin', () => {
  expect(run.results.map((line) => line['result'])).toEqual([
    'An agent is looking.',
    'The agent says 42.',
  ]);
  expect(run.results[1]).toMatchObject({ origin: { kind: 'task-notification' } });
});

test('the turns and usage of the result lines add up to the totals of the run', () => {
  const calls = run.requests.filter((request) => !request.fromSubAgent).length;
  const turns = run.results.map((line) => Number(line['num_turns']));
  const input = run.results.map((line) => (line['usage'] as { input_tokens: number }).input_tokens);
  expect(turns).toEqual([2, 1]);
  expect(input[0] ?? 0).toBe(20);
  expect(input[1] ?? 0).toBe(10);
  expect(calls).toBe(3);
});

test('all result lines have the same total cost, which includes the sub-agent', () => {
  const [first, last] = run.results;
  expect(first?.['total_cost_usd']).toBe(last?.['total_cost_usd']);
  const [usage] = Object.values(last?.['modelUsage'] as Record<string, unknown>);
  expect(usage).toMatchObject({ inputTokens: 40 });
});

test('background tasks are announced, and the list is empty at the end', () => {
  const lists = run.lines.filter((line) => line.subtype === 'background_tasks_changed');
  expect(lists.map((line) => (line['tasks'] as unknown[]).length)).toEqual([1, 0]);
  const subtypes = run.lines.map((line) => line.subtype);
  expect(subtypes).toEqual(expect.arrayContaining(['task_started', 'task_notification']));
});

test('a sub-agent’s lines name the tool call that they belong to', () => {
  const said = run.lines.filter((line) => line.type === 'assistant');
  expect(said.filter((line) => !own(line))).toHaveLength(1);
});

test('a sub-agent’s transcript has its own files, which a plain resume does not change', async () => {
  const folder = join(cli.home.configDir, 'projects', 'baton', ID, 'subagents');
  const names = (await readdir(folder)).sort();
  expect(names).toEqual([
    expect.stringMatching(/^agent-\w+\.jsonl$/),
    expect.stringMatching(/^agent-\w+\.meta\.json$/),
  ]);
  const read = () => Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const before = await read();
  await cli.run({ script: [text('ok')], args: [`--resume=${ID}`], prompt: 'again' });
  expect(await read()).toEqual(before);
});
