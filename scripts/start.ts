// npm start: Redis, MongoDB, the API and two workers on this machine, until Ctrl-C. Data persists under .baton/.
// With --json one line on standard output says where everything is, once it answers.
import { parseArgs } from 'node:util';
import { reasonOf } from './dev-services/errors.ts';
import { withoutPassword } from './dev-services/url.ts';
import { createSink } from './stack/sink.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { stopSignal } from './stack/stop-signal.ts';
import { untilAborted } from './stack/until-aborted.ts';

const DATA_DIR = '.baton';
const WORKERS = 2;

const sink = createSink(process);
const signal = stopSignal(process, sink.say);
process.exit(await run());

async function run(): Promise<number> {
  try {
    const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
    const stack = await startStack({
      env: process.env,
      settings: process.env,
      dataDir: DATA_DIR,
      workers: WORKERS,
      sink,
      signal,
    });
    announce(stack);
    if (values.json) process.stdout.write(`${JSON.stringify(whereAllIs(stack))}\n`);
    return await runUntilStopped(stack);
  } catch (error) {
    if (signal.aborted) return 130;
    sink.say(reasonOf(error));
    return 1;
  }
}

async function runUntilStopped(stack: Stack): Promise<number> {
  const failure = await Promise.race([untilAborted(signal).then(() => undefined), stack.failed]);
  if (failure !== undefined) sink.say(`${failure}; stopping the rest`);
  await stack.stop();
  sink.say('stopped');
  return failure === undefined ? 0 : 1;
}

function announce({ api, services, workers }: Stack): void {
  const { redis, mongodb } = services;
  sink.say(`Redis at ${withoutPassword(redis.url)}, MongoDB at ${withoutPassword(mongodb.url)}`);
  for (const worker of workers) sink.say(`worker ${worker.line().worker}, ${worker.line().health}`);
  sink.say(`API at ${api}: read it at ${api}/docs, watch the queue at ${api}/queues`);
  sink.say('ready; Ctrl-C stops all of it');
}

function whereAllIs({ api, services, workers }: Stack) {
  return {
    api,
    redis: services.redis.url,
    mongodb: services.mongodb.url,
    workers: workers.map((worker) => {
      const { worker: id, pid, health } = worker.line();
      return { id, pid, health };
    }),
  };
}
