import { Worker } from 'node:worker_threads';
import { CaptureFailedError } from '@baton/core/captures';
import type { CaptureCalls } from './capture-calls.ts';
import type { CaptureResult, Excess, RestoreResult } from './capture-types.ts';
import {
  type CallName,
  fromProblem,
  type ThreadAnswer,
  type ThreadCall,
  type ThreadData,
} from './thread-protocol.ts';

export { CaptureCorruptError, CaptureFailedError, findGit } from '@baton/core/captures';
export type { CaptureRequest, CaptureResult } from './capture-types.ts';

/**
 * Captures workspaces and restores them, in a thread of its own. Calls for one shadow folder run one
 * after the other. If the thread dies, the running calls reject, and the next call starts a new one.
 */
export interface CaptureEngine extends CaptureCalls {
  /** Ends the thread. Calls that still run reject. */
  close(): Promise<void>;
}

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const THREAD = new URL('./capture-thread.ts', import.meta.url);
const GIT_MAX_MS = 600_000;

/**
 * Creates an engine. The thread starts at the first call, and does not keep the process alive.
 * `path` is the PATH on which git is found; a git process is killed after `timeoutMs`, by default 10
 * minutes.
 */
export function createCaptureEngine({
  path,
  timeoutMs = GIT_MAX_MS,
  marker = '',
}: Pick<ThreadData, 'path'> & Partial<ThreadData>): CaptureEngine {
  let thread: Worker | null = null;
  let calls = new Map<number, PendingCall>();
  let lastId = 0;
  let isClosed = false;

  function startThread(): Worker {
    const data: ThreadData = { path, timeoutMs, marker };
    const started = new Worker(THREAD, { workerData: data, env: { PATH: path } });
    const own = new Map<number, PendingCall>();
    calls = own;
    let problem: Error | null = null;
    started.on('message', (answer: ThreadAnswer) => {
      const call = own.get(answer.id);
      own.delete(answer.id);
      if ('problem' in answer) call?.reject(fromProblem(answer.problem));
      else call?.resolve(answer.value);
    });
    started.on('error', (error) => {
      problem = error as Error;
    });
    started.on('exit', () => {
      if (thread === started) thread = null;
      const reason = problem ? `: ${problem.message}` : '';
      for (const { reject } of own.values()) {
        reject(new CaptureFailedError(`the thread that captures workspaces has ended${reason}`));
      }
      own.clear();
    });
    started.unref();
    return started;
  }

  function call(name: CallName, ...args: readonly unknown[]): Promise<unknown> {
    if (isClosed) return Promise.reject(new Error('the capture engine is closed'));
    thread ??= startThread();
    lastId += 1;
    const message: ThreadCall = { id: lastId, name, args };
    thread.postMessage(message);
    return new Promise((resolve, reject) => {
      calls.set(message.id, { resolve, reject });
    });
  }

  return {
    capture: (request) => call('capture', request) as Promise<CaptureResult>,
    measure: (request) => call('measure', request) as Promise<Excess | null>,
    has: (shadow, commit) => call('has', shadow, commit) as Promise<boolean>,
    addPacks: (shadow, packs) => call('addPacks', shadow, packs) as Promise<void>,
    restore: (request) => call('restore', request) as Promise<RestoreResult>,
    release: (shadow) => call('release', shadow) as Promise<void>,
    async close() {
      isClosed = true;
      await thread?.terminate();
    },
  };
}
