// Starts worker processes on a separate queue for a benchmark, and launches sessions for them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createProducer,
  type Mongo,
  newId,
  type OpenBaton,
  openBaton,
  type Session,
} from '@baton/core/internal';
import { FAKE_CLAUDE } from '../test/fake-claude/install.ts';
import { type BenchWorker, startWorker } from './worker-process.ts';

/** The URLs of the servers of a run. */
export interface Urls {
  redisUrl: string;
  mongodbUrl: string;
}

/** The workers and sessions of one benchmark. */
export interface Rig {
  /** The prefix of the benchmark's queue. */
  readonly prefix: string;
  /** Baton on the benchmark's queue and database. */
  readonly baton: OpenBaton;
  /** Starts a worker with a fake CLI; `env` adds to its settings. */
  worker(env?: Record<string, string>): Promise<BenchWorker>;
  /** Launches `count` sessions with the prompt `query`, and returns their ids. */
  launch(count: number, query: string): Promise<string[]>;
  /** Resolves with the documents of the sessions when `isSo` is true for each document. */
  until(ids: readonly string[], isSo: (session: Session) => boolean): Promise<Session[]>;
  close(): Promise<void>;
}

const POLL_MS = 20;

/** Creates a rig with its own queue. */
export async function createRig(mongo: Mongo, { redisUrl, mongodbUrl }: Urls): Promise<Rig> {
  const root = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const prefix = `bench-${newId()}`;
  const producer = createProducer({ connection: redisUrl, prefix });
  const baton = openBaton({ redis: redisUrl, mongodb: mongo, prefix });
  const workers: BenchWorker[] = [];
  return {
    prefix,
    baton,
    async worker(env = {}) {
      const worker = await startWorker({
        REDIS_URL: redisUrl,
        MONGODB_URL: mongodbUrl,
        QUEUE_PREFIX: prefix,
        WORK_ROOT: root,
        CLAUDE_BIN: FAKE_CLAUDE,
        SUBPROCESS_ENV_SCRUB: 'off',
        DRAIN_TIMEOUT_MS: '0',
        ...env,
      });
      workers.push(worker);
      return worker;
    },
    async launch(count, query) {
      const launched = Array.from({ length: count }, () => producer.launchSession({ query }));
      return (await Promise.all(launched)).map(({ id }) => id);
    },
    async until(ids, isSo) {
      for (;;) {
        const now = await baton.stores.sessions.getMany(ids);
        if (now.length === ids.length && now.every(isSo)) return now;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async close() {
      for (const worker of workers) await worker.stop();
      await producer.close();
      await baton.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
