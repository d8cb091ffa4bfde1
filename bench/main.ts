// npm run bench: compares Baton with the same work done by hand, in one run. `--json` prints one
// line per measure, `--write` updates docs/benchmarks.md, and `--only stream` runs only that
// benchmark.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { connectMongo, ensureIndexes } from '@baton/core/internal';
import { startServices } from '../tools/dev-services/services.ts';
import { benchDocument } from './document.ts';
import { benchEnqueue } from './enqueue.ts';
import { benchFile } from './file.ts';
import { benchQueueOfMany } from './http/queue-of-many.ts';
import { benchRequests } from './http/requests.ts';
import { benchTails } from './http/tails.ts';
import type { Measure } from './measure.ts';
import { benchMemory } from './memory.ts';
import { benchMessage } from './message.ts';
import { benchCancel, benchCrash, benchHandBack } from './recovery.ts';
import { report } from './report.ts';
import { benchRepository } from './repository.ts';
import { benchRestore } from './restore.ts';
import { benchStream } from './stream.ts';
import { benchTurn } from './turn.ts';
import { benchUpload } from './upload.ts';
import { benchWorkspace } from './workspace.ts';

function lineOf(one: Measure): string {
  const verdict = one.met === null ? '      ' : one.met ? 'met   ' : 'MISSED';
  const more = Math.round((one.ours - one.by_hand) * 1000) / 1000;
  const comparison = `by hand ${one.by_hand}, ratio ${one.ratio}, difference ${more}`;
  return `${verdict} ${one.name}: ${one.ours} ${one.unit}, ${comparison} (target ${one.target})`;
}

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, write: { type: 'boolean' }, only: { type: 'string' } },
});

const services = await startServices({
  env: process.env,
  log: (line) => process.stderr.write(`${line}\n`),
});
const { redis, mongodb } = services;
if (mongodb.kind === 'secantusd-py') {
  process.stderr.write(
    'bench: only the slow MongoDB server is installed, so the figures measure that server as much as Baton; ' +
      'install mongod or run `npm run services:fast` first.\n',
  );
}
const mongodbUrl = `${mongodb.url.replace(/\/$/, '')}/bench`;
const mongo = connectMongo(mongodbUrl);
const measures: Measure[] = [];
try {
  await ensureIndexes(mongo.db);
  const urls = { redisUrl: redis.url, mongodbUrl };
  const benches: Record<string, () => Promise<Measure | Measure[]>> = {
    enqueue: () => benchEnqueue(redis.url),
    stream: () => benchStream(mongo),
    turn: () => benchTurn(mongo, urls),
    message: () => benchMessage(mongo, urls),
    memory: () => benchMemory(mongo, urls),
    upload: () => benchUpload(mongo, urls),
    restore: () => benchRestore(mongo),
    document: () => benchDocument(mongo),
    workspace: () => benchWorkspace(mongo, urls),
    repository: () => benchRepository(mongo, urls),
    file: () => benchFile(mongo, urls),
    cancel: () => benchCancel(mongo, urls),
    'hand-back': () => benchHandBack(mongo, urls),
    crash: () => benchCrash(mongo, urls),
    requests: () => benchRequests(urls),
    tails: () => benchTails(mongo, urls),
    many: () => benchQueueOfMany(mongo, urls),
  };
  for (const [name, bench] of Object.entries(benches)) {
    if (options.only !== undefined && options.only !== name) continue;
    for (const measure of [await bench()].flat()) {
      measures.push(measure);
      process.stdout.write(`${options.json ? JSON.stringify(measure) : lineOf(measure)}\n`);
    }
  }
} finally {
  await mongo.close();
  await services.stop();
}
if (options.write && options.only === undefined) {
  await writeFile(new URL('../docs/benchmarks.md', import.meta.url), report(measures, services));
}
