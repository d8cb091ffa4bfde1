// What copying transcripts while they grow costs a worker, as a part of its processor time.
import type { Mongo } from '@baton/core/internal';
import { fakePrompt } from '../test/fake-claude/install.ts';
import { type Measure, shareMeasure } from './measure.ts';
import { createRig, type Urls } from './rig.ts';

const SESSIONS = 50;
const TALK = { say: 'line', times: 120, every_ms: 250, bytes: 1_000 };

/** Of each kind. The least counts: whatever else the machine does only adds. */
const RUNS = 6;

/** Fifty busy sessions whose CLI keeps a transcript, against fifty whose CLI keeps none. */
export async function benchUpload(mongo: Mongo, urls: Urls): Promise<Measure> {
  const rig = await createRig(mongo, urls);
  const worker = await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS) });

  async function cpuOf(query: string): Promise<number> {
    const ids = await rig.launch(SESSIONS, query);
    // From when all of them talk: starting them costs more than all the rest.
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
    // To and fro: what a worker's age does to it falls on both alike.
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
