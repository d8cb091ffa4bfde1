// npm start: runs Redis, MongoDB, the API and two workers on this machine until Ctrl-C. The data stays under .baton/.
//   --scripted  a scripted Messages API on loopback answers the sessions, so no API key is needed
//   --json      prints the addresses as one line of JSON; default if standard output is not a terminal
// While it runs, .baton/env holds the addresses as environment variables.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { reasonOf } from '../tools/dev-services/errors.ts';
import { untilAborted } from '../tools/process/until-aborted.ts';
import { type Model, scriptedModel, withModel } from './demo/model.ts';
import { writeAddressFile } from './stack/address-file.ts';
import { createSink } from './stack/sink.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { stopSignal } from './stack/stop-signal.ts';
import { welcome } from './stack/welcome.ts';

const DATA_DIR = '.baton';
const ADDRESS_FILE = resolve(DATA_DIR, 'env');
const WORKERS = 2;
// On a terminal, a log line for each request and session would bury the addresses.
const logLevel = process.stderr.isTTY ? 'warn' : undefined;

process.stdout.on('error', () => {}); // if the reader closes standard output, the stack keeps running
const sink = createSink(process);
const signal = stopSignal(process, sink.info);
process.exit(await run());

async function run(): Promise<number> {
  let model: Model | undefined;
  try {
    const off = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({ options: { json: off, scripted: off } });
    model = values.scripted ? await scriptedModel() : undefined;
    if (model) sink.info(model.description);
    const env = model ? withModel(process.env, model) : process.env;
    const stack = await startStack({
      env: process.env,
      settings: { ...env, LOG_LEVEL: process.env['LOG_LEVEL'] || logLevel },
      dataDir: DATA_DIR,
      removeAtEnd: ADDRESS_FILE,
      workers: WORKERS,
      sink,
      signal,
    });
    try {
      await writeAddressFile(ADDRESS_FILE, { ...variablesOf(stack), ...model?.settings });
    } catch (error) {
      await stack.stop();
      throw error;
    }
    announce(stack, process.stdout.isTTY && !values.json);
    return await runUntilStopped(stack);
  } catch (error) {
    if (signal.aborted) return 130;
    sink.error(reasonOf(error));
    return 1;
  } finally {
    await model?.stop();
  }
}

/** Returns the addresses of the stack as variables, under the names that a worker reads. */
function variablesOf({ api, services, prefix }: Stack): Record<string, string> {
  return {
    BATON_URL: api,
    REDIS_URL: services.redis.url,
    MONGODB_URL: services.mongodb.url,
    QUEUE_PREFIX: prefix,
  };
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
    sink.warn('no worker is ready, so sessions wait until one is; Ctrl-C stops Baton');
  } else sink.info('ready; Ctrl-C stops Baton');
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
