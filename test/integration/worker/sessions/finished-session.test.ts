// An ended session's info, and how a BullMQ client waits for the session's job.
import { infoSchema, toInfo } from '@baton/core/internal';
import { QueueEvents } from 'bullmq';
import { describe, expect, onTestFinished } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { redisUrl } from '../../../support/services.ts';

test.beforeAll(({ fleet }) => fleet.worker().then(() => undefined));

/** Launches a session and waits for its job as any BullMQ client does. */
async function launchAndWait(fleet: Fleet, steps: Step[]): Promise<unknown> {
  const connection = { url: redisUrl() };
  const events = new QueueEvents('sessions', {
    connection,
    prefix: fleet.env['QUEUE_PREFIX'] ?? '',
  });
  onTestFinished(() => events.close());
  await events.waitUntilReady();
  const job = await fleet.queue.getJob(await fleet.play(steps));
  return job?.waitUntilFinished(events, 25_000);
}

describe('a client that waits for its job', () => {
  test('gets the session’s status', async ({ fleet }) => {
    expect(await launchAndWait(fleet, [{ say: 'hi' }])).toEqual({ status: 'completed' });
  });

  test('gets an error with the failure’s code and message', async ({ fleet }) => {
    await expect(launchAndWait(fleet, [{ api_error: 400 }])).rejects.toThrow(
      'API_INVALID_REQUEST: API Error: 400 scripted failure',
    );
  });
});

test('the info of an ended session has its ids, times, result and cost', async ({ fleet }) => {
  const id = await fleet.play([{ say: 'forty-two' }], { model: 'sonnet' });
  const session = await fleet.ended(id);
  const info = infoSchema.parse(toInfo(session));
  expect(info).toMatchObject({
    id,
    status: 'completed',
    claude_session_id: id,
    query: session.config.query,
    model: expect.stringMatching(/sonnet/),
    result: { subtype: 'success', is_error: false, result: 'forty-two' },
    totals: { num_turns: 1, input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
  });
  expect(info.totals.cost_usd).toBeGreaterThan(0);
  expect(info.run_id).toMatch(/^[0-9a-f-]{36}$/);
  expect(info.run_id).not.toBe(id);
  const { start_time, created_at, started_at = '', end_time = '', updated_at } = info;
  expect(start_time).toBe(created_at);
  const times = [created_at, started_at, end_time, updated_at];
  expect(times).toEqual([...times].sort());
  const { sessions } = await fleet.baton.stores.sessions.list({ limit: 1 });
  expect(sessions.map(({ webhooks_due: _, ...listed }) => listed)).toEqual([session]);
});
