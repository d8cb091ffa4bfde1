import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../dev-services/environment.ts';
import type { Program } from './child.ts';
import { apiEnvironment, workerEnvironment } from './settings.ts';

const apps = join(import.meta.dirname, '../../apps');

const API_STOP_MS = 15_000;
/** How long a worker may take after its drain timeout to hand back running sessions, in milliseconds. */
const HAND_BACK_TIMEOUT_MS = 25_000;

const apiLine = z.object({ api: z.url() });
/** The line that the API prints when it is ready. */
export type ApiLine = z.infer<typeof apiLine>;

const workerLine = z.object({ worker: z.string(), pid: z.int(), health: z.url() });
/** The line that a worker prints when it is ready. */
export type WorkerLine = z.infer<typeof workerLine>;

/** Returns the API as a program. With `previous`, it listens on the same port as the earlier start. */
export function apiProgram(settings: Environment, previous?: ApiLine): Program<ApiLine> {
  const port = previous && { PORT: new URL(previous.api).port };
  return {
    name: 'the API',
    main: join(apps, 'api/src/main.ts'),
    // The stack is for one machine, so it uses no API keys unless the settings ask for them.
    env: { AUTH: 'none', ...apiEnvironment(settings), ...port },
    ready: apiLine,
    stopWithinMs: API_STOP_MS,
  };
}

/** Returns a worker as a program. `drainMs` is the worker's drain timeout, in milliseconds. */
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
