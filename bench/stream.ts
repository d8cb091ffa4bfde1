// Compares two ways to store the lines of a fake CLI: an attempt of Baton, and an insertMany of the
// same documents in the same batches.
import type { Event, EventStore, Mongo } from '@baton/core/internal';
import { fakePrompt } from '../test/fake-claude/install.ts';
import { runFakeSession } from './in-process.ts';
import { type Measure, median, rateMeasure } from './measure.ts';

const LINES = 40_000;
const LINE_BYTES = 500;
const ROUNDS = 3;

/** Streams many lines through an attempt, then inserts the same batches by hand. */
export async function benchStream(mongo: Mongo): Promise<Measure> {
  const rates = { ours: [] as number[], byHand: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const { batches, ms } = await throughBaton(mongo);
    const rawMs = await byHand(mongo, batches);
    if (round === 0) continue; // warm-up
    const lines = batches.flat().length;
    rates.ours.push((lines * 1000) / ms);
    rates.byHand.push((lines * 1000) / rawMs);
  }
  return rateMeasure('lines to committed events', 'lines/s', {
    ours: median(rates.ours),
    byHand: median(rates.byHand),
    least: 0.8,
  });
}

// Measures from the first insert to the end of the last insert, with all commits in between. The
// start and the end of the CLI process are not Baton's work.
async function throughBaton(mongo: Mongo): Promise<{ batches: Event[][]; ms: number }> {
  const batches: Event[][] = [];
  let first = 0;
  let last = 0;
  const watch = (events: EventStore): EventStore => ({
    ...events,
    async insert(batch) {
      if (batch.length > 1) first ||= performance.now();
      await events.insert(batch);
      batches.push([...batch]);
      last = performance.now();
    },
  });
  // The session keeps no transcript, because upload.ts measures the cost of copying transcripts.
  const query = fakePrompt([{ unsaved: true }, { say: 'line', times: LINES, bytes: LINE_BYTES }]);
  await runFakeSession(mongo, query, watch);
  return { batches: batches.filter((batch) => batch.length > 1), ms: last - first };
}

async function byHand(mongo: Mongo, batches: readonly Event[][]): Promise<number> {
  const collection = mongo.db.collection<Event & { _id: string }>('by_hand');
  await collection.deleteMany({});
  const start = performance.now();
  for (const batch of batches) {
    await collection.insertMany(
      batch.map((event) => ({ _id: `${event.session_id}:${event.seq}`, ...event })),
      { ordered: false },
    );
  }
  return performance.now() - start;
}
