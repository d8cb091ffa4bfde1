import { waitFor } from './wait.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What /readyz of a worker says: its status and the text of its body. */
export async function readiness({ health }: Pick<WorkerProcess, 'health'>) {
  const answer = await fetch(`${health}/readyz`);
  return { status: answer.status, said: await answer.text() };
}

/**
 * Resolves with what /readyz says once the worker is not ready for this reason. `meanwhile` is called at each
 * look: where it rejects, so does this.
 */
export async function untilUnready(
  worker: WorkerProcess,
  reason: RegExp,
  meanwhile = async () => {},
): Promise<string> {
  return untilReadiness(worker, `unready for ${reason}`, {
    meanwhile,
    isReached: ({ status, said }) => status === 503 && reason.test(said),
  });
}

/** Resolves once the worker is ready. */
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
    () => `the worker to be ${what}; it said ${last}`,
    async () => {
      await meanwhile();
      const now = await readiness(worker);
      last = `${now.status} ${now.said}`;
      return isReached(now) && now.said;
    },
    limitMs,
  );
}

/** How often the worker's log has a line with this text. */
export function countLogged(worker: WorkerProcess, text: string): number {
  return worker.err().split(text).length - 1;
}
