// Baton on one machine: Redis, MongoDB, the API and workers, each a process that does not outlive the launcher.
import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../dev-services/environment.ts';
import { type Services, startServices } from '../dev-services/services.ts';
import { type ChildHost, startChild } from './child.ts';
import { type Kept, keepRunning } from './kept.ts';
import { refuseTakenPort } from './port-taken.ts';
import { untilReady } from './ready.ts';
import { apiEnvironment, launcherSettings, workerEnvironment } from './settings.ts';
import type { Sink } from './sink.ts';

const apiLine = z.object({ api: z.url() });
const workerLine = z.object({ worker: z.string(), pid: z.int(), health: z.url() });

/** A worker of the stack; started again whenever it ends by itself. */
export type StackWorker = Kept<z.infer<typeof workerLine>>;

/** Everything that a session needs, answering. */
export type Stack = {
  readonly api: string;
  readonly services: Services;
  readonly workers: readonly StackWorker[];
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

const apps = join(import.meta.dirname, '../../apps');

const API_STOP_MS = 15_000;
/** The most that a worker may take after its drain window, in milliseconds: it hands back what still runs. */
const HAND_BACK_MS = 25_000;

/** Starts all of it and resolves when every part answers; or stops what it began and throws why. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { sink, signal, removeAtEnd } = options;
  const { HOST, PORT, DRAIN_TIMEOUT_MS } = launcherSettings(options.settings);
  await refuseTakenPort(HOST, PORT);
  const services = await startServices({ ...options, log: sink.say });
  if (removeAtEnd !== undefined) services.guardian.removeAtEnd(removeAtEnd);

  const stopping = new AbortController();
  const host: ChildHost = { guardian: services.guardian, sink };
  const urls = { REDIS_URL: services.redis.url, MONGODB_URL: services.mongodb.url };
  const settings = { ...options.settings, ...urls };
  const keep = { say: sink.say, stopping: stopping.signal };
  const startApi = () =>
    keepRunning({
      ...keep,
      name: 'the API',
      start: (previous?: z.infer<typeof apiLine>) =>
        startChild(host, {
          name: 'the API',
          main: join(apps, 'api/src/main.ts'),
          env: { ...apiEnvironment(settings), ...portOf(previous?.api) },
          ready: apiLine,
          stopWithinMs: API_STOP_MS,
        }),
    });
  const startWorker = (name: string) =>
    keepRunning({
      ...keep,
      name,
      start: () =>
        startChild(host, {
          name,
          main: join(apps, 'worker/src/main.ts'),
          env: workerEnvironment(settings),
          ready: workerLine,
          stopWithinMs: DRAIN_TIMEOUT_MS + HAND_BACK_MS,
        }),
    });

  // Ends every process by the guardian: a start that is given up has nothing to lose.
  const giveUp = () => {
    stopping.abort();
    return services.stop();
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const numbers = Array.from({ length: options.workers }, (_, index) => index + 1);
    const [api, ...workers] = await Promise.all([
      startApi(),
      ...numbers.map((number) => startWorker(`worker ${number}`)),
    ]);
    await untilReady(api.line().api);
    for (const worker of workers) await untilReady(worker.line().health);
    signal.throwIfAborted();
    return {
      api: api.line().api,
      services,
      workers,
      failed: Promise.race([services.failed, api.failed, ...workers.map(({ failed }) => failed)]),
      async stop() {
        stopping.abort();
        await Promise.all(workers.map((worker) => worker.stop()));
        await api.stop();
        await services.stop();
      },
    };
  } catch (error) {
    await giveUp();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

// A later start listens where the first one did: its address is known by then.
function portOf(url: string | undefined): { PORT?: string } {
  return url === undefined ? {} : { PORT: new URL(url).port };
}
