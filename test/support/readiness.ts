import { waitFor } from './wait.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Returns the status and the text of a worker's answer to /readyz. */
export async function readiness({ health }: Pick<WorkerProcess, 'health'>) {
  const answer = await fetch(`${health}/readyz`);
  return { status: answer.status, said: await answer.text() };
}

/**
 * Waits until the worker is not ready for this reason, and returns the text of its /readyz. Calls
 * `meanwhile` before each request, and rejects if `meanwhile` rejects.
 */
export async function untilUnready(
  worker: WorkerProcess,
  reason: RegExp,
  meanwhile = async () => {},
): Promise<string> {
  return untilReadiness(worker, `unready for ${reason}`, {
    meanwhile,
    isReached: ({ status, said }) => status === 503 && reason.test(said),
    limitMs: 60_000,
  });
}

/** Waits until the worker is ready. */
export async function untilReady(worker: WorkerProcess): Promise<void> {
  const isReached = ({ status }: Readiness) => status === 200;
  await untilReadiness(worker, 'ready', { isReached, limitMs: 60_000 });
}

type Readiness = Awaited<ReturnType<typeof readiness>>;

function untilReadiness(
  worker: WorkerProcess,
  what: string,
  {
    isReached,
    meanwhile = async () => {},
    limitMs,
  }: {
    isReached(now: Readiness): boolean;
    meanwhile?(): Promise<void>;
    limitMs?: number;
  },
): Promise<string> {
  let last = 'nothing';
  return waitFor(
    () => `the worker to be ${what}; the last answer was ${last}`,
    async () => {
      await meanwhile();
      const now = await readiness(worker);
      last = `${now.status} ${now.said}`;
      return isReached(now) && now.said;
    },
    limitMs,
  );
}

/** Returns how often this text occurs in the worker's log. */
export function countLogged(worker: WorkerProcess, text: string): number {
  return worker.err().split(text).length - 1;
}
