// Baton on one machine: Redis, MongoDB, the API and workers, each a process that does not outlive the launcher.
import { startChild } from '../../tools/baton-processes/child.ts';
import {
  type ApiLine,
  apiProgram,
  type WorkerLine,
  workerProgram,
} from '../../tools/baton-processes/programs.ts';
import { launcherSettings } from '../../tools/baton-processes/settings.ts';
import type { Environment } from '../../tools/dev-services/environment.ts';
import { type Services, startServices } from '../../tools/dev-services/services.ts';
import { keepRunning, type SupervisedProgram } from './keep-running.ts';
import { checkPortIsFree } from './port-taken.ts';
import { waitUntilReady, whyNotReady } from './ready.ts';
import type { Sink } from './sink.ts';
import { validateSettings } from './validate-settings.ts';

/** A worker of the stack; started again whenever it ends by itself. */
type StackWorker = SupervisedProgram<WorkerLine>;

/** Everything that a session needs, answering. */
export type Stack = {
  readonly api: string;
  readonly services: Services;
  /** The prefix of its keys in Redis, and where sessions without a working_dir work. */
  readonly prefix: string;
  readonly workRoot: string;
  readonly workers: readonly StackWorker[];
  /** How many workers took sessions when the start was over; the others try again by themselves. */
  readonly readyWorkers: number;
  /** Resolves with the reason when a part has ended by itself and does not come back. */
  readonly failed: Promise<string>;
  /** Stops workers, API and servers, in this order; resolves when all are gone. */
  readonly stop: () => Promise<void>;
};

/** What a stack is made from. */
export type StackOptions = {
  /** What the servers are found, installed and started with. */
  readonly env: Environment;
  /** What the settings of API and workers are picked from, by their names. */
  readonly settings: Environment;
  /** Where the servers keep their data; absent: a temporary folder, removed at the end. */
  readonly dataDir?: string;
  /** A folder that is removed with the rest, however this process ends. */
  readonly removeAtEnd?: string;
  readonly workers: number;
  readonly sink: Sink;
  /** Gives up a start that is under way; afterwards it is `stop` that ends all. */
  readonly signal: AbortSignal;
};

/** How long the API and a worker may take to be ready once they listen, in milliseconds. */
const API_READY_WITHIN_MS = 30_000;
const WORKER_READY_WITHIN_MS = 10_000;

/** How often a worker that was not ready in time is asked again, in milliseconds. */
const PROBE_WORKER_EVERY_MS = 2_000;

/** Starts all of it and resolves when every part answers; or stops what it began and throws why. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { sink, removeAtEnd } = options;
  await validateSettings(options.settings);
  const { HOST, PORT, QUEUE_PREFIX, WORK_ROOT, DRAIN_TIMEOUT_MS } = launcherSettings(
    options.settings,
  );
  await checkPortIsFree(HOST, PORT);
  const services = await startServices({ ...options, log: sink.info });
  const { guardian, redis, mongodb } = services;
  if (removeAtEnd !== undefined) guardian.removeAtEnd(removeAtEnd);

  const servers = { REDIS_URL: redis.url, MONGODB_URL: mongodb.url };
  // API and workers see a part of the environment, from which another WORK_ROOT might come.
  const settings = { ...options.settings, ...servers, WORK_ROOT };
  const stopped = new AbortController();
  const signal = AbortSignal.any([options.signal, stopped.signal]);
  const host = { guardian, sink, signal };
  const keep = { log: sink.info, stopping: signal };

  const startingApi = keepRunning({
    ...keep,
    name: 'the API',
    start: (previous?: ApiLine) => startChild(host, apiProgram(settings, previous)),
  });
  const startingWorkers = Array.from({ length: options.workers }, (_, index) => {
    const name = `worker ${index + 1}`;
    const program = workerProgram(settings, name, DRAIN_TIMEOUT_MS);
    return keepRunning({ ...keep, name, start: () => startChild(host, program) });
  });

  async function stop(): Promise<void> {
    stopped.abort();
    await stopAll(startingWorkers);
    await stopAll([startingApi]);
    await services.stop();
  }

  try {
    const [api, ...workers] = await Promise.all([startingApi, ...startingWorkers]);
    const problem = await waitUntilReady(api.line().api, API_READY_WITHIN_MS, signal);
    if (problem !== null) throw new Error(`the API is not ready: ${problem}`);
    const areReady = await Promise.all(
      workers.map((worker, index) => checkWorker(worker, `worker ${index + 1}`, sink, signal)),
    );
    const failed = [services.failed, api.failed, ...workers.map((worker) => worker.failed)];
    return {
      api: api.line().api,
      services,
      prefix: QUEUE_PREFIX,
      workRoot: WORK_ROOT,
      workers,
      readyWorkers: areReady.filter(Boolean).length,
      failed: Promise.race(failed),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Says whether the worker is ready. One that is not (its host lacks something) keeps running and tries again by itself:
 * the sink gets the reason, and a line once it is ready.
 */
async function checkWorker(
  worker: StackWorker,
  name: string,
  sink: Sink,
  signal: AbortSignal,
): Promise<boolean> {
  const problem = await waitUntilReady(worker.line().health, WORKER_READY_WITHIN_MS, signal);
  if (problem === null) return true;
  sink.warn(`${name} is not ready and takes no session: ${problem}; it tries again by itself`);
  const timer = setInterval(async () => {
    if ((await whyNotReady(worker.line().health)) !== null || signal.aborted) return;
    clearInterval(timer);
    sink.info(`${name} is ready now`);
  }, PROBE_WORKER_EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return false;
}

async function stopAll(
  starting: readonly Promise<Pick<SupervisedProgram<unknown>, 'stop'>>[],
): Promise<void> {
  const parts = await Promise.allSettled(starting); // what was not ready yet has stopped by itself
  await Promise.all(parts.map((part) => part.status === 'fulfilled' && part.value.stop()));
}
