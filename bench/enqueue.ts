// Compares launchSession with a raw queue.add of the same payload, with 500 calls at once.
import { buildJobOptions, createProducer, newId, type SessionConfig } from '@baton/core/internal';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type Measure, median, rateMeasure } from './measure.ts';

const AT_ONCE = 500;
const BATCHES = 8;
const ROUNDS = 5;

const CONFIG: SessionConfig = {
  query: 'Look at the failing test and mend the code. '.repeat(16),
  model: 'sonnet',
  max_turns: 20,
  append_system_prompt: 'Be brief. '.repeat(16),
  allowed_tools: ['Bash(git *)', 'Read', 'Edit'],
};

/** Enqueues alternately with Baton and with BullMQ, and compares the median rates. */
export async function benchEnqueue(redisUrl: string): Promise<Measure> {
  const producer = createProducer({ connection: redisUrl, prefix: 'bench-ours' });
  const connection = new Redis(redisUrl);
  const queue = new Queue('sessions', { connection, prefix: 'bench-by-hand' });
  await queue.waitUntilReady();

  async function byHand(): Promise<void> {
    const id = newId();
    const job = {
      version: 1 as const,
      run_id: newId(),
      created_at: new Date().toISOString(),
      id,
      kind: 'launch' as const,
      config: CONFIG,
    };
    await queue.add('launch', job, buildJobOptions(job, Date.now()));
  }

  const rates = { ours: [] as number[], byHand: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const ours = await rate(() => producer.launchSession(CONFIG));
    const raw = await rate(byHand);
    if (round === 0) continue; // warm-up
    rates.ours.push(ours);
    rates.byHand.push(raw);
  }
  await Promise.all([producer.close(), queue.close()]);
  connection.disconnect();
  return rateMeasure('enqueue 500 at once', 'sessions/s', {
    ours: median(rates.ours),
    byHand: median(rates.byHand),
    least: 0.85,
  });
}

async function rate(one: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }
  return (AT_ONCE * BATCHES * 1000) / (performance.now() - start);
}
