import { CaptureCorruptError, CaptureFailedError, type GitOptions } from '@baton/core/captures';
import type { CaptureCalls } from './capture-calls.ts';

/** The name of a call to the thread. */
export type CallName = keyof CaptureCalls;

/** What the thread needs to start. */
export type ThreadData = GitOptions;

/** A call to the thread. */
export interface ThreadCall {
  id: number;
  name: CallName;
  args: readonly unknown[];
}

/** How a call ended. */
export type ThreadAnswer = { id: number; value: unknown } | { id: number; problem: ThreadProblem };

/** An error as it is passed between threads, which would lose its class and code. */
export interface ThreadProblem {
  isCorrupt: boolean;
  message: string;
  code: string | null;
}

/** Turns an error into a message for the other thread. */
export function toProblem(error: unknown): ThreadProblem {
  const { message, code } = error as { message?: string; code?: unknown };
  return {
    isCorrupt: error instanceof CaptureCorruptError,
    message: message ?? String(error),
    code: typeof code === 'string' ? code : null,
  };
}

/** Creates the error that a message stands for: CaptureCorruptError, or CaptureFailedError with the original code. */
export function fromProblem({ isCorrupt, message, code }: ThreadProblem): Error {
  if (isCorrupt) return new CaptureCorruptError(message);
  const error = new CaptureFailedError(message);
  return code === null ? error : Object.assign(error, { code });
}
