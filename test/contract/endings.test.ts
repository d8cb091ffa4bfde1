import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure, rateLimited } from '../support/messages-api/failure.ts';
import { cut, hang, text, toolUse } from '../support/messages-api/reply.ts';
import { type Cli, halfAnAnswer, makeCli, onHalfAnAnswer, onPromptSaved } from './cli.ts';
import { entriesOf } from './transcript.ts';

const INT = '0197f0a0-4444-7000-8000-000000000001';
const TERM = '0197f0a0-4444-7000-8000-000000000002';
const EARLY = '0197f0a0-4444-7000-8000-000000000004';
const HALF = '0197f0a0-4444-7000-8000-000000000005';
const KILL = '0197f0a0-4444-7000-8000-000000000003';

let cli: Cli;

beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

function stopped(id: string, signal: NodeJS.Signals) {
  const options = { script: [hang()], args: [`--session-id=${id}`], prompt: 'go' };
  return cli.runUntil(options, onPromptSaved(cli.home, id, 'go', signal));
}

function stoppedWithin(id: string, signal: NodeJS.Signals) {
  const args = [`--session-id=${id}`, '--include-partial-messages'];
  return cli.runUntil({ script: [halfAnAnswer()], args, prompt: 'go' }, onHalfAnAnswer(signal));
}

async function saved(id: string): Promise<string> {
  return JSON.stringify(await entriesOf(cli.home, id));
}

describe('signals', () => {
  test('SIGINT within an answer ends the turn with an error result and exit 0', async () => {
    const run = await stoppedWithin(INT, 'SIGINT');
    expect(run).toMatchObject({ exitCode: 0, signal: null });
    expect(run.results).toHaveLength(1);
    expect(run.results[0]).toMatchObject({
      subtype: 'error_during_execution',
      is_error: true,
      terminal_reason: 'aborted_streaming',
    });
    expect(await saved(INT)).toContain('[Request interrupted by user]');
    expect(await saved(INT)).toContain('half of ');
  });

  test('SIGINT before the first answer ends the CLI with exit 0 and at most one result line', async () => {
    const run = await stopped(EARLY, 'SIGINT');
    expect(run).toMatchObject({ exitCode: 0, signal: null });
    expect(run.results.filter((line) => line['is_error'] !== true)).toEqual([]);
    expect(run.results.length).toBeLessThan(2); // usually none
  });

  test('SIGTERM ends the CLI with exit 143 and no result line', async () => {
    const run = await stopped(TERM, 'SIGTERM');
    expect(run).toMatchObject({ exitCode: 143, signal: null, results: [] });
    expect(await saved(TERM)).not.toContain('interrupted by user');
  });

  test('SIGTERM within an answer saves nothing of the answer', async () => {
    const run = await stoppedWithin(HALF, 'SIGTERM');
    expect(run).toMatchObject({ exitCode: 143, results: [] });
    expect(await saved(HALF)).not.toContain('half of ');
  });

  test('SIGKILL leaves a saved prompt in the transcript', async () => {
    const run = await stopped(KILL, 'SIGKILL');
    expect(run).toMatchObject({ exitCode: null, signal: 'SIGKILL', results: [] });
    const users = (await entriesOf(cli.home, KILL)).filter((entry) => entry.type === 'user');
    expect(users.map((entry) => entry['message'])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'go' }] },
    ]);
  });
});

describe('a failed API call', () => {
  test.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ])(
    'with %i ends the run with subtype success, is_error, status, type and exit 1',
    async (status, type) => {
      const run = await cli.run({ script: [failure(status)], prompt: 'go' });
      expect(run.exitCode).toBe(1);
      expect(run.results).toHaveLength(1);
      expect(run.results[0]).toMatchObject({
        subtype: 'success',
        is_error: true,
        terminal_reason: 'api_error',
        api_error_status: status,
        api_error_type: type,
      });
      const last = run.lines.filter((line) => line.type === 'assistant').at(-1);
      expect(last).toMatchObject({ is_api_error_message: true, api_error_status: status });
    },
  );

  test('on a lost connection has no status and the api_error connection_failed', async () => {
    const run = await cli.run({ script: [cut()], prompt: 'go' });
    expect(run.exitCode).toBe(1);
    expect(run.results[0]).toMatchObject({
      subtype: 'success',
      is_error: true,
      api_error_status: null,
      api_error: 'connection_failed',
    });
  });

  test('is not retried with CLAUDE_CODE_MAX_RETRIES=0', async () => {
    const run = await cli.run({ script: [failure(529)], prompt: 'go' });
    expect(run.requests).toHaveLength(1);
  });

  test('is announced as a retry, and a later answer makes the run a success', async () => {
    const env = { CLAUDE_CODE_MAX_RETRIES: '1' };
    const run = await cli.run({ script: [rateLimited(0), text('there')], prompt: 'go', env });
    expect(run.lines.find((line) => line.subtype === 'api_retry')).toMatchObject({
      type: 'system',
      attempt: 1,
      max_retries: 1,
      error_status: 429,
      error: 'rate_limit',
      retry_delay_ms: expect.any(Number),
    });
    expect(run.results[0]).toMatchObject({ is_error: false, result: 'there' });
  });
});

describe('a run', () => {
  test('with no turns left ends with error_max_turns and exit 1', async () => {
    const args = ['--max-turns=1', '--allowedTools=Bash'];
    const run = await cli.run({
      script: [toolUse('Bash', { command: 'true' })],
      args,
      prompt: 'go',
    });
    expect(run.exitCode).toBe(1);
    expect(run.results[0]).toMatchObject({
      subtype: 'error_max_turns',
      is_error: true,
      terminal_reason: 'max_turns',
      errors: ['Reached maximum number of turns (1)'],
    });
  });

  test('with no budget left ends with error_max_budget_usd and exit 1', async () => {
    const args = ['--max-budget-usd=0.01', '--allowedTools=Bash'];
    const dear = toolUse('Bash', { command: 'true' }, { usage: { output_tokens: 1_000_000 } });
    const run = await cli.run({ script: [dear], args, prompt: 'go' });
    expect(run.exitCode).toBe(1);
    expect(run.results[0]).toMatchObject({
      subtype: 'error_max_budget_usd',
      is_error: true,
      terminal_reason: 'budget_exhausted',
      errors: ['Reached maximum budget ($0.01)'],
    });
  });

  test('with a denied tool lists the denial and is not an error', async () => {
    const command = 'touch /etc/baton-contract';
    const run = await cli.run({ script: [toolUse('Bash', { command }), text('ok')], prompt: 'go' });
    expect(run.exitCode).toBe(0);
    expect(run.results[0]).toMatchObject({
      subtype: 'success',
      is_error: false,
      result: 'ok',
      permission_denials: [{ tool_name: 'Bash', tool_input: { command } }],
    });
    expect(run.lines.map((line) => line.subtype)).toContain('permission_denied');
  });

  test('with an unknown flag prints only to stderr, and exits with 1', async () => {
    const run = await cli.run({ script: [text('ok')], args: ['--nonsense=1'], prompt: 'go' });
    expect(run).toMatchObject({ exitCode: 1, stdout: '', requests: [] });
    expect(run.stderr).toBe("error: unknown option '--nonsense=1'\n");
  });
});
