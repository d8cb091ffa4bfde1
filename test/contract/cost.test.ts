import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hang, text, toolUse } from '../support/messages-api/reply.ts';
import {
  type Cli,
  type CliRun,
  halfAnAnswer,
  makeCli,
  onHalfAnAnswer,
  onPromptSaved,
} from './cli.ts';
import { entriesOf, savedCost } from './transcript.ts';

const ID = '0197f0a0-5555-7000-8000-000000000001';

let cli: Cli;
let first: CliRun;
let second: CliRun;
let savedAfterFirst: number | undefined;

beforeAll(async () => {
  cli = await makeCli();
  const script = [toolUse('Bash', { command: 'true' }), text('one')];
  const args = [`--session-id=${ID}`, '--allowedTools=Bash'];
  first = await cli.run({ script, args, prompt: 'one' });
  savedAfterFirst = savedCost(await entriesOf(cli.home, ID));
  second = await cli.run({ script: [text('two')], args: [`--resume=${ID}`], prompt: 'two' });
});
afterAll(() => cli.remove());

function costOf(run: CliRun): number {
  return Number(run.results.at(-1)?.['total_cost_usd']);
}

test('the last entry of a finished transcript is a cost-state with the running total', async () => {
  const last = (await entriesOf(cli.home, ID)).at(-1);
  expect(last).toMatchObject({
    type: 'cost-state',
    sessionId: ID,
    hasUnknownModelCost: false,
    totalCostUSD: costOf(second),
    modelUsage: expect.any(Object),
  });
});

test('total_cost_usd of a resume continues from the transcript’s cost-state', () => {
  expect(savedAfterFirst).toBe(costOf(first));
  expect(costOf(first)).toBeGreaterThan(0);
  expect(costOf(second)).toBeCloseTo(costOf(first) * 1.5, 10); // two calls, then one call
});

test('modelUsage of a resume continues from the transcript’s cost-state', () => {
  const [usage] = Object.values(second.results[0]?.['modelUsage'] as Record<string, unknown>);
  expect(usage).toMatchObject({ inputTokens: 30, outputTokens: 15 });
});

test('num_turns and usage count only the turns and tokens of the process', () => {
  expect(first.results[0]).toMatchObject({ num_turns: 2, usage: { input_tokens: 20 } });
  expect(second.results[0]).toMatchObject({ num_turns: 1, usage: { input_tokens: 10 } });
});

test('--max-turns and --max-budget-usd limit only the turns and the cost of the process', async () => {
  const spent = costOf(second);
  const args = [`--resume=${ID}`, '--max-turns=1', `--max-budget-usd=${spent}`];
  const run = await cli.run({ script: [text('three')], args, prompt: 'three' });
  expect(run.results[0]).toMatchObject({ subtype: 'success', is_error: false });
});

describe('when a signal stops a run,', () => {
  const OTHER = '0197f0a0-5555-7000-8000-00000000000';

  async function stoppedInSecondCall(digit: number, signal: NodeJS.Signals): Promise<CliRun> {
    const script = [toolUse('Bash', { command: 'true' }), hang()];
    const id = `${OTHER}${digit}`;
    const args = [`--session-id=${id}`, '--allowedTools=Bash'];
    const stop = onPromptSaved(cli.home, id, 'x', signal);
    return cli.runUntil({ script, args, prompt: 'x' }, async (claude, api) => {
      await api.arrival(2);
      await stop(claude);
    });
  }

  test('SIGTERM saves the cost', async () => {
    await stoppedInSecondCall(2, 'SIGTERM');
    expect(savedCost(await entriesOf(cli.home, `${OTHER}2`))).toBeGreaterThan(0);
  });

  test('SIGKILL saves nothing, and the next total excludes the cost', async () => {
    await stoppedInSecondCall(3, 'SIGKILL');
    expect(savedCost(await entriesOf(cli.home, `${OTHER}3`))).toBeUndefined();
    const args = [`--resume=${OTHER}3`];
    const run = await cli.run({ script: [text('on')], args, prompt: 'go on' });
    expect(costOf(run)).toBeCloseTo(costOf(first) / 2, 10); // only the cost of this run's call
  });

  test('SIGINT within an answer saves at most the cost of the result line', async () => {
    const args = [`--session-id=${OTHER}4`, '--include-partial-messages'];
    const half = { script: [halfAnAnswer()], args, prompt: 'x' };
    const run = await cli.runUntil(half, onHalfAnAnswer('SIGINT'));
    const saved = savedCost(await entriesOf(cli.home, `${OTHER}4`));
    expect(costOf(run)).toBeGreaterThan(0);
    expect(saved).toBeLessThanOrEqual(costOf(run));
  });
});
