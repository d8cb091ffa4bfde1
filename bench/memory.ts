// (d) What each concurrent session adds to the worker's memory, beside the CLI's own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProducer, createSessionStore, type Mongo } from '@baton/core';
import { FAKE_CLAUDE, fakePrompt } from '../test/fake-claude/install.ts';
import { addedMeasure, type Measure } from './measure.ts';
import { startWorker } from './worker-process.ts';

const SESSIONS = 50;
const MIB = 1024 * 1024;
const POLL_MS = 100;

/** Compares a worker's memory while it runs 50 talking sessions with its memory before them. */
export async function benchMemory(
  mongo: Mongo,
  { redisUrl, mongodbUrl }: { redisUrl: string; mongodbUrl: string },
): Promise<Measure> {
  const root = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const prefix = 'bench-memory';
  const worker = await startWorker({
    REDIS_URL: redisUrl,
    MONGODB_URL: mongodbUrl,
    QUEUE_PREFIX: prefix,
    WORK_ROOT: root,
    CLAUDE_BIN: FAKE_CLAUDE,
    WORKER_CONCURRENCY: String(SESSIONS),
    DRAIN_TIMEOUT_MS: '0',
  });
  const producer = createProducer({ connection: redisUrl, prefix });
  const sessions = createSessionStore(mongo.db);
  const talk = fakePrompt([{ say: 'line', times: 40, every_ms: 250, bytes: 1_000 }]);

  async function launch(query: string): Promise<string[]> {
    const launched = Array.from({ length: SESSIONS }, () => producer.launchSession({ query }));
    return (await Promise.all(launched)).map(({ id }) => id);
  }
  async function until(ids: readonly string[], status: string): Promise<void> {
    for (;;) {
      const now = await sessions.getMany(ids);
      if (now.filter((session) => session.status === status).length === ids.length) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  // Warm-up: code and pools that the first sessions of any worker load.
  await until(await launch(fakePrompt([{ say: 'line', times: 20 }])), 'completed');
  const before = await worker.memory();
  const ids = await launch(talk);
  await until(ids, 'running');
  const samples = [];
  for (let sample = 0; sample < 5; sample += 1) {
    samples.push(await worker.memory());
    await new Promise((resolve) => setTimeout(resolve, POLL_MS * 5));
  }
  await until(ids, 'completed');
  await worker.stop();
  await producer.close();
  await rm(root, { recursive: true, force: true });
  return addedMeasure(`worker memory per session at ${SESSIONS}`, 'MiB', {
    ours: (Math.max(...samples) - before) / SESSIONS / MIB,
    byHand: 0,
    most: 5,
  });
}
