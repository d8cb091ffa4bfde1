// The thread that capture-engine.ts starts. It scans workspaces and runs git, so that the event loop
// of the worker stays free.
import { parentPort, workerData } from 'node:worker_threads';
import { createCaptureCalls } from './capture-calls.ts';
import {
  type ThreadAnswer,
  type ThreadCall,
  type ThreadData,
  toProblem,
} from './thread-protocol.ts';

const captures = createCaptureCalls(workerData as ThreadData);

parentPort?.on('message', async ({ id, name, args }: ThreadCall) => {
  parentPort?.postMessage(await answer(id, name, args));
});

async function answer(
  id: number,
  name: ThreadCall['name'],
  args: readonly unknown[],
): Promise<ThreadAnswer> {
  const call = captures[name] as (...args: readonly unknown[]) => Promise<unknown>;
  try {
    return { id, value: await call(...args) };
  } catch (error) {
    return { id, problem: toProblem(error) };
  }
}
