// Tests which lines report work that outlives its turn, and what keeps the process alive.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import type { Line, RunningClaude } from '../support/real-claude.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

const SAFE = ['--permission-mode=acceptEdits'];

/** Calls these tools one after the other, and then answers each turn with a numbered text. */
function calling(...calls: [string, object][]): (request: MessagesRequest) => Reply {
  let turn = 0;
  return () => {
    const call = calls[turn];
    turn += 1;
    return call ? toolUse(...call) : text(`answer ${turn}`);
  };
}

const background = (command: string): [string, object] => [
  'Bash',
  { command, description: 'work', run_in_background: true },
];

/** The lines about pending work, in order: counts of tasks, starts of turns, result lines. */
function story({ lines }: CliRun): string[] {
  return lines.flatMap((line) => {
    if (line.subtype === 'background_tasks_changed') return [`tasks ${tasksOf(line)}`];
    if (line.subtype === 'init') return ['init'];
    return line.type === 'result' ? [`result ${originOf(line)}`] : [];
  });
}

const tasksOf = (line: Line) => (line['tasks'] as unknown[]).length;
const originOf = (line: Line) => (line['origin'] as { kind: string } | undefined)?.kind ?? '-';

/** The `tool_use_result` of each tool call. */
const answers = ({ lines }: CliRun) =>
  lines.filter(({ type }) => type === 'user').map((line) => line['tool_use_result']);

describe('a command in the background', () => {
  test('outlives its result line, and its end starts another turn', async () => {
    const go = join(cli.home.root, 'go');
    const script = calling(background(`until [ -f ${go} ]; do sleep 0.1; done`));
    const options = { script, args: [...SAFE, '--allowedTools=Bash'], prompt: 'go' };
    const run = await cli.runUntil(options, async (claude: RunningClaude) => {
      await claude.line('the result', (line) => line.type === 'result');
      await writeFile(go, '');
    });
    expect(story(run)).toEqual([
      'init',
      'tasks 1',
      'result -',
      'tasks 0',
      'init',
      'result task-notification',
    ]);
    expect(run.exitCode).toBe(0);
  });

  // The CLI usually prints an empty list of tasks here, so an empty list does not mean that work is done.
  test('causes no second result line if SIGTERM ends it', async () => {
    const script = calling(background('sleep 600'));
    const options = { script, args: [...SAFE, '--allowedTools=Bash'], prompt: 'go' };
    const run = await cli.runUntil(options, async (claude: RunningClaude) => {
      await claude.line('the result', (line) => line.type === 'result');
      process.kill(claude.pid, 'SIGTERM');
    });
    expect(story(run).slice(0, 3)).toEqual(['init', 'tasks 1', 'result -']);
    expect(run.results).toHaveLength(1);
    expect(run.exitCode).toBe(143);
  });
});

describe('with CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS=1', () => {
  const env = { CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS: '1' };
  const args = [...SAFE, '--allowedTools=Bash,Agent'];
  const isResult = ({ type }: Line) => type === 'result';
  const isNotified = (line: Line) => isResult(line) && originOf(line) === 'task-notification';

  /** Starts a background agent that answers when `answer` resolves. The main agent answers at once. */
  function withAgent(answer: Promise<void>): (request: MessagesRequest) => Promise<Reply> {
    const input = { description: 'look', prompt: 'look around', subagent_type: 'general-purpose' };
    const answerPrompt = calling(['Agent', { ...input, run_in_background: true }]);
    return async (request) => {
      if (!request.fromSubAgent) return answerPrompt(request);
      await answer;
      return text('seen');
    };
  }

  test('the CLI waits for a background agent without limit while stdin is open', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const options = { script: withAgent(promise), args, env, prompt: 'go', staysOpen: true };
    const run = await cli.runUntil(options, async (claude) => {
      await claude.line('the result', isResult);
      const uuid = claude.send('again');
      await claude.line('the second result', (line) => line['user_message_uuid'] === uuid);
      resolve();
      await claude.line('the result of the notification', isNotified);
      claude.close();
    });
    expect(run.results.map(originOf)).toEqual(['-', '-', 'task-notification']);
    expect(run.stderr).toBe('');
  });

  test('the CLI stops a background agent after the end of stdin', async () => {
    const script = withAgent(new Promise(() => undefined));
    const run = await cli.runUntil(
      { script, args, env, prompt: 'go', staysOpen: true },
      async (claude) => {
        await claude.line('the result', isResult);
        claude.close();
      },
    );
    expect(run.results.map(originOf)).toEqual(['-']);
    expect(run.stderr).toContain('Background tasks still running');
    expect(run.exitCode).toBe(0);
  });

  test('the CLI waits for a background command until the time limit of the command', async () => {
    const [name, input] = background('sleep 600');
    const script = calling([name, { ...input, timeout: 1_000 }]);
    const run = await cli.run({ script, args, env, prompt: 'go' });
    expect(run.results.map(originOf)).toEqual(['-', 'task-notification']);
    expect(JSON.stringify(run.requests.at(-1)?.body.messages)).toContain('background time limit');
    expect(run.stderr).toBe('');
  });
});

test("each event of a monitor starts a turn, and the turn's result line names the origin", async () => {
  const script = calling(
    ['ToolSearch', { query: 'select:Monitor', max_results: 1 }],
    [
      'Monitor',
      {
        command: 'echo tick; sleep 1',
        description: 'watch',
        timeout_ms: 20_000,
        persistent: false,
      },
    ],
  );
  const run = await cli.run({ script, args: ['--allowedTools=Monitor'], prompt: 'go' });
  expect(story(run)[0]).toBe('init');
  expect(story(run)[1]).toBe('tasks 1');
  expect(run.results.map(originOf).slice(1)).toEqual(['task-notification', 'task-notification']);
  expect(story(run).at(-1)).toBe('result task-notification');
});

describe('a wake-up', () => {
  const wakeup: [string, object] = [
    'ScheduleWakeup',
    { delaySeconds: 60, reason: 'to look again', prompt: 'look again', noop: false },
  ];

  test('is reported by the result of its call, and so is its cancellation', async () => {
    const script = calling(wakeup, ['ScheduleWakeup', { stop: true }]);
    const run = await cli.run({ script, prompt: 'go' });
    expect(answers(run)).toEqual([
      expect.objectContaining({ scheduledFor: expect.any(Number), clampedDelaySeconds: 60 }),
      expect.objectContaining({ stopped: true, cancelledWakeups: 1 }),
    ]);
    expect(story(run)).toEqual(['init', 'result -']);
    expect(run.exitCode).toBe(0);
  });

  // Measured with 2.1.330: the CLI wakes after 102 to 107 s, and prints an init line and a result
  // line without an origin.
  test('keeps the process alive after its result line', async () => {
    const run = await cli.runUntil({ script: calling(wakeup), prompt: 'go' }, async (claude) => {
      await claude.line('the result', (line) => line.type === 'result');
      process.kill(claude.pid, 'SIGTERM');
    });
    expect(story(run)).toEqual(['init', 'result -']);
    expect(run.exitCode).toBe(143);
  });

  test('can be disallowed by the name of its tool, like a cron job', async () => {
    const args = ['--disallowedTools=ScheduleWakeup,CronCreate'];
    const run = await cli.run({ script: calling(wakeup), args, prompt: 'go' });
    expect(answers(run)).toEqual([expect.stringContaining('No such tool available')]);
    const asked = run.requests.flatMap(({ body }) => (body.tools ?? []).map(({ name }) => name));
    expect(asked).not.toContain('ScheduleWakeup');
    expect(run.exitCode).toBe(0);
  });
});

test('a cron job is reported by the result of its call, and does not keep the process alive', async () => {
  const script = calling(
    ['ToolSearch', { query: 'select:CronCreate', max_results: 1 }],
    ['CronCreate', { cron: '* * * * *', prompt: 'tick', recurring: true }],
  );
  const run = await cli.run({ script, args: ['--allowedTools=CronCreate'], prompt: 'go' });
  expect(answers(run)[1]).toMatchObject({ id: expect.any(String), recurring: true });
  expect(story(run)).toEqual(['init', 'result -']);
  expect(run.exitCode).toBe(0);
});
