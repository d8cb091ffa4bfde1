import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../dev-services/environment.ts';
import type { Program } from './child.ts';
import { apiEnvironment, workerEnvironment } from './settings.ts';

const apps = join(import.meta.dirname, '../../apps');

const API_STOP_MS = 15_000;
/** The most that a worker may take after its drain window, in milliseconds: it hands back what still runs. */
const HAND_BACK_TIMEOUT_MS = 25_000;

const apiLine = z.object({ api: z.url() });
/** What the API says when it is ready. */
export type ApiLine = z.infer<typeof apiLine>;

const workerLine = z.object({ worker: z.string(), pid: z.int(), health: z.url() });
/** What a worker says when it is ready. */
export type WorkerLine = z.infer<typeof workerLine>;

/** The API; a later start of it listens where the earlier one did. */
export function apiProgram(settings: Environment, previous?: ApiLine): Program<ApiLine> {
  const port = previous && { PORT: new URL(previous.api).port };
  return {
    name: 'the API',
    main: join(apps, 'api/src/main.ts'),
    // The stack is for one machine: no keys, unless they are asked for.
    env: { AUTH: 'none', ...apiEnvironment(settings), ...port },
    ready: apiLine,
    stopWithinMs: API_STOP_MS,
  };
}

/** A worker with this drain window. */
export function workerProgram(
  settings: Environment,
  name: string,
  drainMs: number,
): Program<WorkerLine> {
  return {
    name,
    main: join(apps, 'worker/src/main.ts'),
    env: workerEnvironment(settings),
    ready: workerLine,
    stopWithinMs: drainMs + HAND_BACK_TIMEOUT_MS,
  };
}
