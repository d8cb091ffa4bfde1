// Runs workers as processes, launches sessions, and reads what the workers write.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ContinueOptions,
  createProducer,
  type EnqueueOptions,
  type Event,
  isTerminal,
  type OpenBaton,
  type Overrides,
  openBaton,
  type Session,
  type SessionConfig,
} from '@baton/core/internal';
import { Queue } from 'bullmq';
import type { Db } from 'mongodb';
import { vi } from 'vitest';
import { FAKE_CLAUDE, fakePrompt } from '../fake-claude/install.ts';
import type { Step } from '../fake-claude/script.ts';
import { databaseUrl } from './api.ts';
import { test as base, redisUrl } from './services.ts';
import { asMongo } from './stores.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

// Small pages, because the slowest of the supported MongoDB servers is slow at large pages.
const PAGE = 100;

/** Workers with their own queue and database, and the calls by which a test uses them. */
export interface Fleet {
  /** A folder of the test file; `work` below it is the workers' WORK_ROOT. */
  root: string;
  db: Db;
  /** A client of the queue through plain BullMQ, as another program would use it. */
  queue: Queue;
  /** Baton on the fleet's queue and database. */
  baton: OpenBaton;
  /** The complete environment of a worker, with the fake CLI and a short lease. */
  env: Record<string, string>;
  /** Starts one more worker, which is killed after the test file. */
  worker(changes?: Record<string, string>, through?: readonly string[]): Promise<WorkerProcess>;
  /**
   * Opens another fleet in the same folder, with its own queue, database and workers. The fleet
   * closes after the test file. With `onTestFinished` it closes after the test, so idle workers
   * slow no later test.
   */
  sibling(onTestFinished?: OnTestFinished): Fleet;
  launch(config: SessionConfig, options?: EnqueueOptions): Promise<string>;
  /** Launches a session in which the fake CLI plays these steps. Baton does not retry the session. */
  play(steps: Step[], config?: Partial<SessionConfig>): Promise<string>;
  continue(parent: string, overrides: Overrides, options?: ContinueOptions): Promise<string>;
  /** Reads a session, without its webhook outbox. */
  session(id: string): Promise<Session>;
  /** Waits until `look` returns true for the session, and returns the session. */
  until(id: string, what: string, look: (session: Session) => boolean): Promise<Session>;
  /** Waits until the session is terminal, and returns it. */
  ended(id: string): Promise<Session>;
  /** Reads all events of the session, up to its `last_event_seq`. */
  events(id: string): Promise<Event[]>;
}

/** Registers a function to call after a test: `onTestFinished` of vitest, or of a test's context. */
export type OnTestFinished = (close: () => Promise<void>) => void;

/** `test` with one fleet for the test file. The fleet has no worker yet. */
export const test = base.extend<{ $file: { fleet: Fleet } }>({
  fleet: [
    async ({ mongo, databaseName, queuePrefix, db: _dropped }, use) => {
      const root = await mkdtemp(join(tmpdir(), 'baton-test-'));
      for (const folder of ['work', 'home', 'tmp']) await mkdir(join(root, folder));
      const opened = new Set<Opened>();
      let count = 0;
      const open = (onTestFinished?: OnTestFinished): Fleet => {
        const suffix = count === 0 ? '' : `-${count}`;
        count += 1;
        const name = `${databaseName}${suffix}`;
        const env = workerEnv(root, name, `${queuePrefix}${suffix}`);
        const one = openFleet({ root, env, db: mongo.db(name) }, open);
        opened.add(one);
        onTestFinished?.(async () => {
          opened.delete(one);
          await one.close();
        });
        return one.fleet;
      };
      await use(open());
      for (const one of opened) await one.close();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
    { scope: 'file' },
  ],
});

interface Opened {
  fleet: Fleet;
  close(): Promise<void>;
}

function sum({ status, last_event_seq, failure }: Session): string {
  return `${status} at event ${last_event_seq}${failure ? `, ${failure.code}` : ''}`;
}

function openFleet(
  { root, env, db }: Pick<Fleet, 'root' | 'env' | 'db'>,
  sibling: Fleet['sibling'],
): Opened {
  const prefix = env['QUEUE_PREFIX'] ?? '';
  const baton = openBaton({ redis: redisUrl(), mongodb: asMongo(db), prefix });
  const { sessions, events } = baton.stores;
  const producer = createProducer({ connection: redisUrl(), prefix });
  const queue = new Queue('sessions', { connection: { url: redisUrl() }, prefix });
  const workers: WorkerProcess[] = [];

  async function session(id: string): Promise<Session> {
    const found = await sessions.get(id);
    if (!found) throw new Error(`expected a session ${id}`);
    // The dispatch of webhooks changes the outbox at any time, even after the session's end.
    const { webhooks_due: _, ...session } = found;
    return session;
  }

  const fleet: Fleet = {
    root,
    db,
    queue,
    baton,
    env,
    sibling,
    session,
    async worker(changes = {}, through = []) {
      const worker = await startWorker({ ...env, ...changes }, through);
      workers.push(worker);
      return worker;
    },
    launch: async (config, options) => (await producer.launchSession(config, options)).id,
    play: (steps, config = {}) =>
      fleet.launch({ query: fakePrompt(steps), recovery: { max_retries: 0 }, ...config }),
    continue: async (parent, overrides, options) =>
      (await producer.continueSession({ parent_session_id: parent, ...overrides }, options)).id,
    until: (id, what, look) =>
      vi.waitFor(
        async () => {
          const found = await session(id);
          if (!look(found)) throw new Error(`expected session ${id} to be ${what}: ${sum(found)}`);
          return found;
        },
        { timeout: 55_000, interval: 50 },
      ),
    ended: (id) => fleet.until(id, 'terminal', ({ status }) => isTerminal(status)),
    async events(id) {
      const { last_event_seq: upTo } = await session(id);
      const found: Event[] = [];
      for (let after = 0; after < upTo; after += PAGE) {
        found.push(...(await events.page({ sessionId: id, after, upTo, limit: PAGE })));
      }
      return found;
    },
  };

  return {
    fleet,
    async close() {
      for (const worker of workers) await worker.kill();
      await queue.obliterate({ force: true });
      await queue.close();
      await producer.close();
      await baton.close();
      await db.dropDatabase();
    },
  };
}

function workerEnv(root: string, databaseName: string, prefix: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(root, 'home'),
    TMPDIR: join(root, 'tmp'),
    REDIS_URL: redisUrl(),
    MONGODB_URL: databaseUrl(databaseName),
    QUEUE_PREFIX: prefix,
    WORK_ROOT: join(root, 'work'),
    CLAUDE_BIN: FAKE_CLAUDE,
    LEASE_MS: '3000',
    WORKER_CONCURRENCY: '8',
    LOG_LEVEL: 'info',
    // Most tests must not depend on whether this machine supports the scrub. The tests of the scrub
    // set this variable.
    SUBPROCESS_ENV_SCRUB: 'off',
  };
}
