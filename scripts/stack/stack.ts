// Runs Baton on one machine: Redis, MongoDB, the API and workers. None of these processes outlives
// the launcher.
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

/** A worker of the stack; it is started again if it ends unexpectedly. */
type StackWorker = SupervisedProgram<WorkerLine>;

/** A running Baton: its API, its servers and its workers. */
export type Stack = {
  readonly api: string;
  readonly services: Services;
  /** The prefix of the queue's keys in Redis. */
  readonly prefix: string;
  /** The folder of sessions without a working_dir. */
  readonly workRoot: string;
  readonly workers: readonly StackWorker[];
  /** How many workers were ready at the end of the start. The other workers keep trying. */
  readonly readyWorkers: number;
  /** Resolves with the reason when a part has failed and is not started again. */
  readonly failed: Promise<string>;
  /** Stops the workers, then the API, then the servers. Resolves when all have ended. */
  readonly stop: () => Promise<void>;
};

/** The options of a stack. */
export type StackOptions = {
  /** The environment for finding, installing and starting the servers. */
  readonly env: Environment;
  /** The settings of the API and the workers; each program gets only the settings that it knows. */
  readonly settings: Environment;
  /** The data folder of the servers. Default: a temporary folder that is removed at the end. */
  readonly dataDir?: string;
  /** A file or folder that is removed at the end, even if this process is killed. */
  readonly removeAtEnd?: string;
  readonly workers: number;
  /** Returns the settings in which a worker (0 = the first) differs from `settings`. Default: in none. */
  readonly workerSettings?: (index: number) => Environment;
  readonly sink: Sink;
  /** Aborts a start that has begun. After the start, call `stop` instead. */
  readonly signal: AbortSignal;
};

/** How long the API may take to be ready after it listens, in milliseconds. */
const API_READY_WITHIN_MS = 30_000;
/** How long a worker may take to be ready after it listens, in milliseconds. */
const WORKER_READY_WITHIN_MS = 10_000;

/** The time between two checks of a worker that was not ready in time, in milliseconds. */
const PROBE_WORKER_EVERY_MS = 2_000;

/**
 * Starts Baton, and resolves when every part answers. If a part fails, stops the other parts and
 * throws the reason.
 */
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
  // The programs get only a part of the environment, so they could compute another default for
  // WORK_ROOT.
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
    const own = { ...settings, ...options.workerSettings?.(index) };
    const program = workerProgram(own, name, DRAIN_TIMEOUT_MS);
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
 * Returns true if the worker is ready. A worker that is not ready (its host lacks something) keeps
 * running and trying. The sink gets the reason, and another line when the worker is ready.
 */
async function checkWorker(
  worker: StackWorker,
  name: string,
  sink: Sink,
  signal: AbortSignal,
): Promise<boolean> {
  const problem = await waitUntilReady(worker.line().health, WORKER_READY_WITHIN_MS, signal);
  if (problem === null) return true;
  sink.warn(`${name} is not ready and takes no sessions: ${problem}; it keeps trying`);
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
  const parts = await Promise.allSettled(starting); // a program whose start failed has already ended
  await Promise.all(parts.map((part) => part.status === 'fulfilled' && part.value.stop()));
}
