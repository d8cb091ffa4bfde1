import { waitFor } from './wait.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What /readyz of a worker says: its status and the text of its body. */
export async function readiness({ health }: Pick<WorkerProcess, 'health'>) {
  const answer = await fetch(`${health}/readyz`);
  return { status: answer.status, said: await answer.text() };
}

/** Resolves with what /readyz says once the worker is not ready for this reason. */
export function untilUnready(worker: WorkerProcess, reason: RegExp): Promise<string> {
  return waitFor(`the worker to be unready for ${reason}`, async () => {
    const { status, said } = await readiness(worker);
    return status === 503 && reason.test(said) && said;
  });
}

/** Resolves once the worker is ready. */
export function untilReady(worker: WorkerProcess): Promise<true> {
  return waitFor(
    'the worker to be ready',
    async () => (await readiness(worker)).status === 200,
    60_000,
  );
}

/** How often the worker's log has a line with this text. */
export function countLogged(worker: WorkerProcess, text: string): number {
  return worker.err().split(text).length - 1;
}
