// Measures how much memory each concurrent session adds to a worker, without the memory of its CLI.
import type { Mongo } from '@baton/core/internal';
import { fakePrompt } from '../test/fake-claude/install.ts';
import { addedMeasure, type Measure } from './measure.ts';
import { createRig, type Urls } from './rig.ts';

const SESSIONS = 50;
const SAMPLES = 5;
const SAMPLE_MS = 500;
const MIB = 1024 * 1024;

/**
 * Compares the memory of a worker while it runs 50 busy sessions with its memory before these
 * sessions.
 */
export async function benchMemory(mongo: Mongo, urls: Urls): Promise<Measure> {
  const rig = await createRig(mongo, urls);
  const worker = await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS) });
  // Warm-up: the first sessions of a worker load code and fill pools.
  const warmUp = await rig.launch(SESSIONS, fakePrompt([{ say: 'line', times: 20 }]));
  await rig.until(warmUp, ({ status }) => status === 'completed');
  const before = await worker.memory();
  const talk = fakePrompt([{ say: 'line', times: 40, every_ms: 250, bytes: 1_000 }]);
  const ids = await rig.launch(SESSIONS, talk);
  await rig.until(ids, ({ status }) => status !== 'queued' && status !== 'starting');
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    samples.push(await worker.memory());
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  }
  await rig.until(ids, ({ status }) => status === 'completed');
  await rig.close();
  return addedMeasure(`worker memory per session at ${SESSIONS}`, 'MiB', {
    ours: (Math.max(...samples) - before) / SESSIONS / MIB,
    byHand: 0,
    most: 5,
  });
}
