// A killed process does not report its cost, so the worker estimates it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attempt, costOf, DEFAULT_PRICES, type Session } from '@baton/core/internal';
import { expect } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import { type Fleet, test } from '../../../support/fleet.ts';

const MODEL = 'claude-opus-5-20260724';
const USAGE = { input_tokens: 10_000, output_tokens: 2_000 };
const hang = { hang: true };

/**
 * The steps for a message. Its stream line has the first token counts, and its transcript entry has
 * the final token counts.
 */
function message(id: string, model = MODEL): Step[] {
  const line = (usage: object, uuid: string) => ({
    type: 'assistant',
    uuid,
    message: { id, model, role: 'assistant', content: [{ type: 'text', text: id }], usage },
  });
  const uuid = crypto.randomUUID();
  const saved = JSON.stringify(line(USAGE, uuid));
  return [{ line: line({ ...USAGE, output_tokens: 1 }, uuid) }, { transcript: `${saved}\n` }];
}

/** Plays steps, and kills the process once the session has counted all tokens. */
async function killed(fleet: Fleet, steps: Step[]): Promise<Session> {
  const id = await fleet.play([...steps, hang]);
  const running = await fleet.until(id, 'counted', ({ totals, attempts }) => {
    return totals.output_tokens >= USAGE.output_tokens && attempts.at(-1)?.pid !== undefined;
  });
  process.kill((running.attempts.at(-1) as Attempt).pid as number, 'SIGKILL');
  return fleet.ended(id);
}

const price = DEFAULT_PRICES['claude-opus-5'];
const expected = price ? costOf(USAGE, price) : Number.NaN;

test('the cost of a killed process is estimated from its transcript, and marked as an estimate', async ({
  fleet,
}) => {
  await fleet.worker();
  const { status, totals } = await killed(fleet, message('msg_1'));
  expect(status).toBe('failed');
  expect(totals).toMatchObject({ num_turns: 1, ...USAGE });
  expect(totals.cost_usd).toBeCloseTo(expected, 9);
  expect(totals.cost_estimated_usd).toBeCloseTo(expected, 9);
  expect(totals).not.toHaveProperty('unpriced_tokens');
});

test('a session whose model has no price gets no estimate, and reports the unpriced tokens', async ({
  fleet,
}) => {
  const { totals } = await killed(fleet, message('msg_1', 'some-other-model'));
  expect(totals).toMatchObject({ cost_usd: 0, unpriced_tokens: 12_000 });
});

test('a worker with PRICES_FILE estimates with the operator’s prices', async ({ fleet }) => {
  const file = join(fleet.root, 'prices.json');
  const free = { input: 0, output: 0, cache_write: 0, cache_read: 0 };
  await writeFile(file, JSON.stringify({ own: { ...free, output: 500 } }));
  const own = fleet.sibling();
  await own.worker({ PRICES_FILE: file });
  const { totals } = await killed(own, message('msg_1', 'own'));
  expect(totals).toMatchObject({ cost_usd: 1, cost_estimated_usd: 1 });
});

test('a worker with an invalid price file does not start', async ({ fleet }) => {
  const file = join(fleet.root, 'wrong.json');
  await writeFile(file, '{"opus": {"input": "much"}}');
  await expect(fleet.sibling().worker({ PRICES_FILE: file })).rejects.toThrow(/PRICES_FILE/);
});
