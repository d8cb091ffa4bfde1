// Compares Baton's estimate for a killed process with the CLI's own count.
import { costOf, DEFAULT_PRICES, priceOf } from '@baton/core/internal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spendingIn } from '../../apps/worker/src/transcript/spending.ts';
import { hang, text, toolUse } from '../support/messages-api/reply.ts';
import { waitFor } from '../support/wait.ts';
import { type Cli, makeCli } from './cli.ts';

const USAGE = {
  input_tokens: 1_000,
  output_tokens: 2_000,
  cache_creation_input_tokens: 4_000,
  cache_read_input_tokens: 8_000,
};

let cli: Cli;
beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

async function savedOf(id: string): Promise<Buffer> {
  return Buffer.from((await cli.home.readTranscript(id)) ?? '');
}

/** The cost of the transcript's messages by the price table. */
async function estimateOf(id: string): Promise<number> {
  const spent = spendingIn(await savedOf(id));
  const byMessage = new Map(spent.map((one) => [one.messageId, one]));
  const costs = [...byMessage.values()].map(({ model = '', usage }) => {
    const price = priceOf(model, DEFAULT_PRICES);
    if (!price) throw new Error(`expected a price of ${model}`);
    return costOf(usage, price);
  });
  return costs.reduce((sum, cost) => sum + cost, 0);
}

test.for([
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-sonnet-4-5-20250929',
  'claude-haiku-4-5',
])('the price table gives a message of %s the cost that the CLI counts', async (model) => {
  const id = crypto.randomUUID();
  const args = [`--session-id=${id}`, `--model=${model}`];
  const run = await cli.run({ script: [text('hi', { usage: USAGE })], args, prompt: 'x' });
  const received = Number(run.results.at(-1)?.['total_cost_usd']);
  expect(received).toBeGreaterThan(0);
  expect(await estimateOf(id)).toBeCloseTo(received, 9);
});

test('the transcript of a killed process is enough to estimate the cost of its finished messages', async () => {
  const id = crypto.randomUUID();
  const call = { ...toolUse('Bash', { command: 'true' }), usage: USAGE };
  const args = [`--session-id=${id}`, '--allowedTools=Bash', '--model=claude-opus-5-5'];
  // The CLI saves the message a moment after the next call. If the CLI is killed earlier, there is
  // nothing to estimate.
  const isSaved = async () => spendingIn(await savedOf(id)).length > 0;
  await cli.runUntil({ script: [call, hang()], args, prompt: 'x' }, async (claude) => {
    await waitFor('the message in the transcript', isSaved);
    process.kill(claude.pid, 'SIGKILL');
  });
  const price = priceOf('claude-opus-5-5', DEFAULT_PRICES);
  if (!price) throw new Error('expected a price');
  expect(await estimateOf(id)).toBeCloseTo(costOf(USAGE, price), 9);
});
