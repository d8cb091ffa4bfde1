// Starts Redis and MongoDB once for a whole test run, whichever projects need them.
import type { TestProject } from 'vitest/node';
import { type Services, startServices } from '../../tools/dev-services/services.ts';

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string;
    mongodbUrl: string;
  }
}

type Shared = { users: number; services: Promise<Services> };

// Each project loads this module again, so the projects share state only through globalThis.
const key: unique symbol = Symbol.for('baton.test.services');
const processWide = globalThis as typeof globalThis & { [key]?: Shared | undefined };

/** Starts the services for the first project that asks, and stops them after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  processWide[key] ??= { users: 0, services: start() };
  const shared = processWide[key];
  shared.users += 1;
  const services = await shared.services;
  project.provide('redisUrl', services.redis.url);
  project.provide('mongodbUrl', services.mongodb.url);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    processWide[key] = undefined;
    await services.stop();
  };
}

function start(): Promise<Services> {
  return startServices({ env: process.env, log: (line) => console.error(`services: ${line}`) });
}
