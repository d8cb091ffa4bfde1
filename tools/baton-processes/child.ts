import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { Guardian } from '../dev-services/guardian.ts';
import { readFirstLine } from '../process/first-line.ts';
import { untilAborted } from '../process/until-aborted.ts';

/** A program of Baton: its first line on standard output says that it is ready, and SIGTERM ends it. */
export type Program<Line> = {
  readonly name: string;
  readonly main: string;
  /** Its complete environment. */
  readonly env: Record<string, string>;
  readonly ready: z.ZodType<Line>;
  /** How long it may take to stop before it is killed. */
  readonly stopWithinMs: number;
};

/** A program that said it is ready. */
export type Child<Line> = {
  readonly line: Line;
  /** Resolves with its exit code or signal once it has ended. */
  readonly ended: Promise<string>;
  /** Stops it in order and resolves when it is gone, with its exit code or signal. */
  readonly stop: () => Promise<string>;
};

/** What a program is started with. */
export type ChildHost = {
  /** Ends it when the launcher ends. */
  readonly guardian: Guardian;
  /** `child` takes each line of the program's log. */
  readonly sink: { readonly child: (line: string) => void };
  /** Gives up a start that is under way. */
  readonly signal: AbortSignal;
};

/** The most that a program may take to be ready, in milliseconds: a worker asks the CLI for its version first. */
const READY_WITHIN_MS = 60_000;

/** Starts a program and resolves once it says that it is ready; throws if it ends before, or never says it. */
export async function startChild<Line>(
  { guardian, sink, signal }: ChildHost,
  { name, main, env, ready, stopWithinMs }: Program<Line>,
): Promise<Child<Line>> {
  const options = { env, cwd: process.cwd(), stopWithinMs };
  const child = guardian.spawn(process.execPath, [main], options);
  if (child.stderr) createInterface({ input: child.stderr }).on('line', sink.child);
  const ended = child.ended.then(({ description }) => description);
  const stop = () => child.stop().then(({ description }) => description);
  const limit = new AbortController();
  const late = delay(READY_WITHIN_MS, undefined, { signal: limit.signal });
  try {
    const line = await Promise.race([
      readFirstLine(child, name),
      untilAborted(signal).then(() => fail(`${name} is not needed any more`)),
      late.then(() => fail(`${name} was not ready within ${READY_WITHIN_MS / 1000} s`)),
    ]);
    return { line: ready.parse(JSON.parse(line)), ended, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    limit.abort();
  }
}

function fail(message: string): never {
  throw new Error(message);
}
