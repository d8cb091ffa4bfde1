// npm start: Redis, MongoDB, the API and two workers on this machine, until Ctrl-C. Data persists under .baton/.
// Once everything answers, standard output says where it is: for reading on a terminal, else (and with --json) as one
// line of JSON.
import { parseArgs } from 'node:util';
import { reasonOf } from '../tools/dev-services/errors.ts';
import { untilAborted } from '../tools/process/until-aborted.ts';
import { createSink } from './stack/sink.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { stopSignal } from './stack/stop-signal.ts';
import { welcome } from './stack/welcome.ts';

const DATA_DIR = '.baton';
const WORKERS = 2;
// On a terminal the log of every request and session would bury the lines that say where all is.
const logLevel = process.stderr.isTTY ? 'warn' : undefined;

process.stdout.on('error', () => {}); // its reader has gone: what runs goes on
const sink = createSink(process);
const signal = stopSignal(process, sink.info);
process.exit(await run());

async function run(): Promise<number> {
  try {
    const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
    const stack = await startStack({
      env: process.env,
      settings: { ...process.env, LOG_LEVEL: process.env['LOG_LEVEL'] || logLevel },
      dataDir: DATA_DIR,
      workers: WORKERS,
      sink,
      signal,
    });
    announce(stack, process.stdout.isTTY && !values.json);
    return await runUntilStopped(stack);
  } catch (error) {
    if (signal.aborted) return 130;
    sink.error(reasonOf(error));
    return 1;
  }
}

async function runUntilStopped(stack: Stack): Promise<number> {
  const failure = await Promise.race([untilAborted(signal).then(() => undefined), stack.failed]);
  if (failure !== undefined) sink.error(`${failure}; stopping the rest`);
  await stack.stop();
  sink.info('stopped');
  return failure === undefined ? 0 : 1;
}

function announce(stack: Stack, isForReading: boolean): void {
  const { api, services, prefix, workRoot, workers, readyWorkers } = stack;
  for (const worker of workers)
    sink.info(`worker ${worker.line().worker}, ${worker.line().health}`);
  if (readyWorkers === 0) {
    sink.warn('no worker is ready: sessions wait until one is; Ctrl-C stops all of it');
  } else sink.info('ready; Ctrl-C stops all of it');
  const addresses = {
    api,
    redis: services.redis.url,
    mongodb: services.mongodb.url,
    prefix,
    workRoot,
    isTakingSessions: readyWorkers > 0,
  };
  const json = () => `${JSON.stringify(whereAllIs(stack))}\n`;
  process.stdout.write(isForReading ? welcome(addresses) : json());
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
