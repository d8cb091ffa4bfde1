import type { Child } from '../../tools/baton-processes/child.ts';

/** A supervised program: if it ends unexpectedly, it is started again. */
export type SupervisedProgram<Line> = {
  /** The line that the current process printed when it was ready. */
  readonly line: () => Line;
  /** Resolves with the reason when the program will not be restarted again. */
  readonly failed: Promise<string>;
  /** Stops the program, and resolves with how it ended. */
  readonly stop: () => Promise<string>;
  /** Kills the program with SIGKILL and does not start it again. Resolves with how it ended. */
  readonly kill: () => Promise<string>;
};

/** The options of a supervised program. */
export type KeepRunningOptions<Line> = {
  readonly name: string;
  /** Starts the program. A restart gets the line that the previous process printed. */
  readonly start: (previous?: Line) => Promise<Child<Line>>;
  readonly log: (line: string) => void;
  /** After this signal aborts, an end is expected and the program is not started again. */
  readonly stopping: AbortSignal;
};

/** A program that ends this many times within the span is not restarted again. */
const MAX_ENDS = 5;
const SPAN_MS = 60_000;

/** Starts a program, and keeps it running until `stop`. Throws if the first start fails. */
export async function keepRunning<Line>(
  keeping: KeepRunningOptions<Line>,
): Promise<SupervisedProgram<Line>> {
  const { name, start, log } = keeping;
  const stopped = new AbortController();
  const stopping = AbortSignal.any([keeping.stopping, stopped.signal]);
  let current = await start();

  /** Resolves with the reason why the program will not be restarted, or with undefined if it was stopped. */
  async function watch(): Promise<string | undefined> {
    for (let ends: number[] = []; ; ) {
      const ending = await current.ended;
      if (stopping.aborted) return undefined;
      ends = [...ends.filter((at) => at > Date.now() - SPAN_MS), Date.now()];
      if (ends.length === MAX_ENDS) {
        return `${name} ended ${MAX_ENDS} times in ${SPAN_MS / 1000} s (${ending})`;
      }
      log(`${name} ended unexpectedly (${ending}): starting it again`);
      current = await start(current.line);
      if (stopping.aborted) await current.stop();
    }
  }

  async function endBy(how: 'stop' | 'kill'): Promise<string> {
    stopped.abort();
    const ending = await current[how]();
    await watched; // waits for a restart that had begun
    return ending;
  }

  const watched = watch().catch((error: unknown) => String(error));
  return {
    line: () => current.line,
    failed: new Promise((resolve) => {
      void watched.then((why) => why === undefined || resolve(why));
    }),
    stop: () => endBy('stop'),
    kill: () => endBy('kill'),
  };
}
