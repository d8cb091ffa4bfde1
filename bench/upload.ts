// Measures the share of processor time that a worker spends on copying growing transcripts.
import type { Mongo } from '@baton/core/internal';
import { fakePrompt } from '../test/fake-claude/install.ts';
import { type Measure, shareMeasure } from './measure.ts';
import { createRig, type Urls } from './rig.ts';

const SESSIONS = 50;
const TALK = { say: 'line', times: 120, every_ms: 250, bytes: 1_000 };

/**
 * How many times the sessions of each kind run. The lowest value counts, because other load on the
 * machine only adds time.
 */
const RUNS = 6;

/**
 * Compares 50 busy sessions whose CLI keeps a transcript with 50 busy sessions whose CLI keeps no
 * transcript.
 */
export async function benchUpload(mongo: Mongo, urls: Urls): Promise<Measure> {
  const rig = await createRig(mongo, urls);
  const worker = await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS) });

  async function cpuOf(query: string): Promise<number> {
    const ids = await rig.launch(SESSIONS, query);
    // Begins to measure once all sessions run, because the start of the sessions costs more than
    // the rest.
    await rig.until(ids, ({ status }) => status === 'running');
    const before = await worker.cpuMs();
    await rig.until(ids, ({ status }) => status === 'completed');
    return (await worker.cpuMs()) - before;
  }

  const plain = fakePrompt([{ unsaved: true }, TALK]);
  const saved = fakePrompt([TALK]);
  await cpuOf(saved); // warm-up
  const without: number[] = [];
  const withTranscripts: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    // Alternates the order, so that the age of the worker affects both kinds equally.
    const isEven = run % 2 === 0;
    if (isEven) without.push(await cpuOf(plain));
    withTranscripts.push(await cpuOf(saved));
    if (!isEven) without.push(await cpuOf(plain));
  }
  await rig.close();
  return shareMeasure(`transcript upload at ${SESSIONS} busy sessions`, 'ms of CPU', {
    ours: Math.min(...withTranscripts),
    byHand: Math.min(...without),
    mostPercent: 5,
  });
}
