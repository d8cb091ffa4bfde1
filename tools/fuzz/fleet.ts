// The fleet that is fuzzed: the real API and a worker with the fake CLI, as processes on real stores. Secrets are
// sealed.
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectMongo, generateOpeningKey, publicPart, SESSION_QUEUE } from '@baton/core/internal';
import { Queue } from 'bullmq';
import { FAKE_CLAUDE } from '../../test/fake-claude/install.ts';
import { startChild } from '../baton-processes/child.ts';
import { apiProgram, workerProgram } from '../baton-processes/programs.ts';
import type { Environment } from '../dev-services/environment.ts';
import { startServices } from '../dev-services/services.ts';
import { findLeaks } from './leaks.ts';
import { CANARY } from './special.ts';

const DRAIN_MS = 1_000;

/** A running fleet. */
export interface FuzzFleet {
  api: string;
  /** Returns how a process ended although nobody stopped it, or null while both processes run. */
  dead(): string | null;
  /** The log lines that report an error or contain a secret. */
  complaints: string[];
  /** Resolves to the places in the stores that contain a plain secret. */
  leaks(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts a fleet in this folder. */
export async function startFleet(
  env: Environment,
  folder: string,
  log: (line: string) => void,
): Promise<FuzzFleet> {
  for (const name of ['work', 'home', 't']) await mkdir(join(folder, name));
  const key = await generateOpeningKey();
  const [privateKeys, publicKeys] = [join(folder, 'private.jwks'), join(folder, 'public.jwks')];
  await writeFile(privateKeys, JSON.stringify({ keys: [key] }), { mode: 0o600 });
  await writeFile(publicKeys, JSON.stringify({ keys: [publicPart(key)] }));
  const services = await startServices({ env, log });
  const name = `fuzz-${randomUUID().slice(0, 8)}`;
  const url = new URL(services.mongodb.url);
  url.pathname = name;
  const settings = {
    PATH: env['PATH'],
    HOME: join(folder, 'home'),
    TMPDIR: join(folder, 't'),
    REDIS_URL: services.redis.url,
    MONGODB_URL: url.href,
    QUEUE_PREFIX: name,
    WORK_ROOT: join(folder, 'work'),
    CLAUDE_BIN: FAKE_CLAUDE,
    PORT: '0',
    SECRETS_PUBLIC_KEYS: publicKeys,
    SECRETS_PRIVATE_KEYS: privateKeys,
    RETRY_FIRST_MS: '1',
    DRAIN_TIMEOUT_MS: String(DRAIN_MS),
    WORKER_CONCURRENCY: '8',
    SUBPROCESS_ENV_SCRUB: 'off',
    LOG_LEVEL: 'info',
  };
  const complaints: string[] = [];
  const listen = (line: string) => {
    const { level = 0 } = parsed(line);
    if (level >= 50 || line.includes(CANARY)) complaints.push(line.slice(0, 2_000));
  };
  const host = {
    guardian: services.guardian,
    sink: { child: listen },
    signal: new AbortController().signal,
  };
  const api = await startChild(host, apiProgram(settings));
  const worker = await startChild(host, workerProgram(settings, 'the worker', DRAIN_MS));
  let dead: string | null = null;
  let stopping = false;
  for (const [program, { ended }] of Object.entries({ api, worker })) {
    void ended.then((how) => {
      if (!stopping) dead ??= `the ${program} ended: ${how}`;
    });
  }
  return {
    api: api.line.api,
    complaints,
    dead: () => dead,
    async leaks() {
      const mongo = connectMongo(url.href);
      const connection = { url: services.redis.url };
      const queue = new Queue(SESSION_QUEUE, { connection, prefix: name });
      try {
        return await findLeaks(mongo.db, [queue]);
      } finally {
        await queue.close();
        await mongo.db.dropDatabase();
        await mongo.close();
      }
    },
    async stop() {
      stopping = true;
      await Promise.all([api.stop(), worker.stop()]);
      await services.stop();
    },
  };
}

function parsed(line: string): { level?: number } {
  try {
    return JSON.parse(line);
  } catch {
    // The line does not come from the logger, so it is the output of a crash.
    return { level: 60 };
  }
}
