import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { Guardian } from '../dev-services/guardian.ts';
import { readFirstLine } from '../process/first-line.ts';
import { nodeArguments } from '../process/node-arguments.ts';
import { untilAborted } from '../process/until-aborted.ts';

/**
 * One of Baton's programs. Its first line on standard output says that it is ready, and SIGTERM
 * ends it.
 */
export type Program<Line> = {
  readonly name: string;
  readonly main: string;
  /** The complete environment of the program. */
  readonly env: Record<string, string>;
  readonly ready: z.ZodType<Line>;
  /** How long the program may take to stop before it is killed, in milliseconds. */
  readonly stopWithinMs: number;
};

/** A program that has reported that it is ready. */
export type Child<Line> = {
  readonly line: Line;
  /** Resolves with the exit code or signal once the program has ended. */
  readonly ended: Promise<string>;
  /** Stops the program with SIGTERM. Resolves with the exit code or signal when it has ended. */
  readonly stop: () => Promise<string>;
  /** Kills the program with SIGKILL, as a crash of its host would. Resolves like `stop`. */
  readonly kill: () => Promise<string>;
};

/** What starting a program needs. */
export type ChildHost = {
  /** Ends the program when the launcher ends. */
  readonly guardian: Guardian;
  /** `child` receives each line of the program's log. */
  readonly sink: { readonly child: (line: string) => void };
  /** Aborts a start that is under way. */
  readonly signal: AbortSignal;
};

/** How long a program may take to be ready, in milliseconds. A worker first asks the CLI for its version. */
const READY_WITHIN_MS = 60_000;

/**
 * Starts a program and resolves once it reports that it is ready. Throws if the program ends first
 * or takes too long.
 */
export async function startChild<Line>(
  { guardian, sink, signal }: ChildHost,
  { name, main, env, ready, stopWithinMs }: Program<Line>,
): Promise<Child<Line>> {
  const options = { env, cwd: process.cwd(), stopWithinMs };
  const child = guardian.spawn(process.execPath, nodeArguments(main), options);
  if (child.stderr) createInterface({ input: child.stderr }).on('line', sink.child);
  const ended = child.ended.then(({ description }) => description);
  const stop = () => child.stop().then(({ description }) => description);
  const kill = () => {
    child.kill('SIGKILL');
    return ended;
  };
  const limit = new AbortController();
  const late = delay(READY_WITHIN_MS, undefined, { signal: limit.signal });
  try {
    const line = await Promise.race([
      readFirstLine(child, name),
      untilAborted(signal).then(() => fail(`the start of ${name} was aborted`)),
      late.then(() => fail(`${name} was not ready within ${READY_WITHIN_MS / 1000} s`)),
    ]);
    return { line: ready.parse(JSON.parse(line)), ended, stop, kill };
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
