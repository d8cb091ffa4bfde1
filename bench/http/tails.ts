// Measures the time from when the CLI prints a line until a client receives the line, with 200
// clients at once.
import type { Mongo } from '@baton/core/internal';
import { fakePrompt } from '../../test/fake-claude/install.ts';
import { openStream } from '../../test/support/sse.ts';
import { boundMeasure, type Measure, median, percentile } from '../measure.ts';
import { createRig, type Urls } from '../rig.ts';
import { startApi } from './servers.ts';

const SESSIONS = 20;
const TAILS_EACH = 10;
const TALK = fakePrompt([{ say: 'line', times: 40, every_ms: 500, bytes: 500 }]);

/** Runs 20 busy sessions with 10 clients each, and measures how long each line takes. */
export async function benchTails(mongo: Mongo, urls: Urls): Promise<Measure[]> {
  const rig = await createRig(mongo, urls);
  const api = await startApi(urls, rig.prefix);
  await rig.worker({ WORKER_CONCURRENCY: String(SESSIONS) });
  const ids = await rig.launch(SESSIONS, TALK);
  // Earlier lines are replayed to new clients, so only lines after the last client connected are
  // measured.
  await rig.until(ids, ({ status }) => status === 'running');
  const tails = await Promise.all(
    ids.flatMap((id) =>
      Array.from({ length: TAILS_EACH }, () => openStream(`${api.url}/v1/sessions/${id}/events`)),
    ),
  );
  const since = Date.now();
  const ages: number[] = [];
  await Promise.all(
    tails.map(async (tail) => {
      for (let one = await tail.next(); one; one = await tail.next()) {
        if (one.event !== 'assistant') continue;
        const printedAt = Date.parse(JSON.parse(one.data.raw).timestamp);
        if (printedAt >= since) ages.push(Date.now() - printedAt);
      }
    }),
  );
  await api.stop();
  await rig.close();
  const name = `printed to received, ${SESSIONS * TAILS_EACH} tails`;
  return [
    boundMeasure(`${name}, median`, 'ms', { ours: median(ages), most: 150 }),
    boundMeasure(`${name}, p99`, 'ms', { ours: percentile(ages, 99), most: 150 }),
  ];
}
