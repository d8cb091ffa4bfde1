import type { Child } from '../../tools/baton-processes/child.ts';

/** A supervised program: whenever it ends by itself, it is started again. */
export type SupervisedProgram<Line> = {
  /** What the process of now said when it was ready. */
  readonly line: () => Line;
  /** Resolves with the reason once it is not worth another start. */
  readonly failed: Promise<string>;
  /** Stops it for good and resolves with how it ended. */
  readonly stop: () => Promise<string>;
};

/** How a program is kept. */
export type KeepRunningOptions<Line> = {
  readonly name: string;
  /** Starts it; a later start is told what the one before had said. */
  readonly start: (previous?: Line) => Promise<Child<Line>>;
  readonly log: (line: string) => void;
  /** Once this is aborted an end is expected, and there is no other start. */
  readonly stopping: AbortSignal;
};

/** So many ends by itself within the span are no accident any more. */
const MAX_ENDS = 5;
const SPAN_MS = 60_000;

/** Starts a program and keeps it running until `stop`; throws when the first start fails. */
export async function keepRunning<Line>(
  keeping: KeepRunningOptions<Line>,
): Promise<SupervisedProgram<Line>> {
  const { name, start, log } = keeping;
  const stopped = new AbortController();
  const stopping = AbortSignal.any([keeping.stopping, stopped.signal]);
  let current = await start();

  /** Resolves with why it is given up, or with undefined where it was stopped. */
  async function watch(): Promise<string | undefined> {
    for (let ends: number[] = []; ; ) {
      const ending = await current.ended;
      if (stopping.aborted) return undefined;
      ends = [...ends.filter((at) => at > Date.now() - SPAN_MS), Date.now()];
      if (ends.length === MAX_ENDS) return `${name} ends by itself again and again (${ending})`;
      log(`${name} ended by itself (${ending}): starting it again`);
      current = await start(current.line);
      if (stopping.aborted) await current.stop();
    }
  }

  const watched = watch().catch((error: unknown) => String(error));
  return {
    line: () => current.line,
    failed: new Promise((resolve) => {
      void watched.then((why) => why === undefined || resolve(why));
    }),
    async stop() {
      stopped.abort();
      const how = await current.stop();
      await watched; // a start that was under way
      return how;
    },
  };
}
