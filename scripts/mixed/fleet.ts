// Runs the new API together with workers of two versions, on one Redis and one MongoDB.
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProducer, type Info, isTerminal, type Producer } from '@baton/core/internal';
import { FAKE_CLAUDE } from '../../test/fake-claude/install.ts';
import { type Child, startChild } from '../../tools/baton-processes/child.ts';
import {
  apiProgram,
  type WorkerLine,
  workerProgram,
} from '../../tools/baton-processes/programs.ts';
import type { Services } from '../../tools/dev-services/services.ts';
import { type Client, createClient } from '../demo/client.ts';
import type { Sink } from '../stack/sink.ts';

const ROOT = join(import.meta.dirname, '../..');
const LEASE_MS = 3_000;
const DRAIN_TIMEOUT_MS = 1_000;
const SESSION_LIMIT_MS = 60_000;
const POLL_MS = 100;

/** The version of a worker: the older commit, or this working tree. */
export type Version = 'old' | 'new';

/** A worker that is ready. */
export interface MixedWorker {
  id: string;
  /** Drains the worker: it hands its sessions back, then ends. */
  stop(): Promise<void>;
  /** Kills the worker with SIGKILL, to simulate a crash. */
  kill(): Promise<void>;
}

/** The API, the producer and the workers of a scenario. */
export interface Fleet {
  api: Client;
  /** The producer of the new version, which uses only Redis. */
  producer: Pick<Producer, 'launchSession'>;
  worker(version: Version): Promise<MixedWorker>;
  /**
   * Resolves with the session once `holds` is true. After a minute, throws an error with its
   * status.
   */
  until(id: string, description: string, holds: (info: Info) => boolean): Promise<Info>;
  /** Resolves once a part of the session's transcript is stored, so that another worker can resume it. */
  saved(id: string): Promise<void>;
  /** Resolves with the session once it is terminal. */
  ended(id: string): Promise<Info>;
  /** Stops all workers. */
  stopWorkers(): Promise<void>;
  /** Stops the workers, the API and the producer. */
  close(): Promise<void>;
}

/**
 * Starts the API of this working tree. The scenarios start the workers. `folder` holds the files of
 * the API and the workers.
 */
export async function openFleet(
  services: Services,
  { folder, oldRoot, sink }: { folder: string; oldRoot: string; sink: Sink },
): Promise<Fleet> {
  for (const name of ['work', 'home', 'tmp']) await mkdir(join(folder, name), { recursive: true });
  const settings = {
    PATH: process.env['PATH'],
    HOME: join(folder, 'home'),
    TMPDIR: join(folder, 'tmp'),
    REDIS_URL: services.redis.url,
    MONGODB_URL: `${services.mongodb.url.replace(/\/$/, '')}/mixed`,
    QUEUE_PREFIX: 'baton-mixed',
    WORK_ROOT: join(folder, 'work'),
    CLAUDE_BIN: FAKE_CLAUDE,
    LEASE_MS: String(LEASE_MS),
    DRAIN_TIMEOUT_MS: String(DRAIN_TIMEOUT_MS),
    SUBPROCESS_ENV_SCRUB: 'off',
    LOG_LEVEL: 'warn',
    PORT: '0',
  };
  const host = { guardian: services.guardian, sink, signal: new AbortController().signal };
  const started = await startChild(host, apiProgram(settings));
  const producer = createProducer({
    connection: settings.REDIS_URL,
    prefix: settings.QUEUE_PREFIX,
  });
  const api = createClient(started.line.api);
  let workers: Child<WorkerLine>[] = [];

  async function until(
    id: string,
    description: string,
    holds: (info: Info) => boolean | Promise<boolean>,
  ): Promise<Info> {
    const end = performance.now() + SESSION_LIMIT_MS;
    for (;;) {
      const info = await api.info(id);
      if (await holds(info)) return info;
      if (performance.now() > end) {
        throw new Error(`expected session ${id} to be ${description}, it is ${info.status}`);
      }
      await delay(POLL_MS);
    }
  }

  async function hasTranscript(id: string): Promise<boolean> {
    const answer = await fetch(`${started.line.api}/v1/sessions/${id}/transcript/files`);
    const { files } = (await answer.json()) as { files: { bytes: number }[] };
    return files.some(({ bytes }) => bytes > 0);
  }

  async function stopWorkers(): Promise<void> {
    await Promise.all(workers.map((worker) => worker.stop()));
    workers = [];
  }

  return {
    api,
    producer,
    async worker(version) {
      // Each version talks to the fake CLI in its own way, so it uses the fake CLI of its commit.
      const root = version === 'old' ? oldRoot : ROOT;
      const own = { ...settings, CLAUDE_BIN: join(root, relative(ROOT, FAKE_CLAUDE)) };
      const program = workerProgram(own, `the ${version} worker`, DRAIN_TIMEOUT_MS);
      const main = version === 'old' ? join(oldRoot, 'apps/worker/src/main.ts') : program.main;
      const child: Child<WorkerLine> = await startChild(host, { ...program, main });
      workers.push(child);
      return {
        id: child.line.worker,
        async stop() {
          await child.stop();
        },
        async kill() {
          process.kill(child.line.pid, 'SIGKILL');
          await child.ended;
        },
      };
    },
    until,
    async saved(id) {
      await until(id, 'saved with a transcript', () => hasTranscript(id));
    },
    ended: (id) => until(id, 'terminal', ({ status }) => isTerminal(status)),
    stopWorkers,
    async close() {
      await stopWorkers();
      await started.stop();
      await producer.close();
    },
  };
}
