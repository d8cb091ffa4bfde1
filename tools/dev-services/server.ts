import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from './environment.ts';
import { reasonOf, ServicesError } from './errors.ts';
import type { Guardian } from './guardian.ts';
import { collectTail } from './tail.ts';

const readyWithinMs = 60_000;
const probeIntervalMs = 40;
const stopWithinMs = 10_000;

/** A server program, and how to check that it answers. */
export type ServerPlan<Answer> = {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  /** Probes once. Throws or resolves to undefined while the server does not answer yet. */
  readonly probe: (pid: number, output: string) => Promise<Answer | undefined>;
};

/** A server that answers, until `stop`. */
export type RunningServer<Answer> = {
  readonly pid: number;
  readonly answer: Answer;
  /** Resolves with the server's last output when the server has ended. */
  readonly ended: Promise<string>;
  /** Stops the server (SIGTERM, after 10 s SIGKILL) and resolves when it has ended. */
  readonly stop: () => Promise<void>;
  /** Kills the server with SIGKILL, to simulate a crash, and resolves when the server has ended. */
  readonly kill: () => Promise<void>;
};

/**
 * Starts a server and resolves once it answers. If the server ends first, throws an error with its
 * last output.
 */
export async function startServer<Answer>(
  guardian: Guardian,
  plan: ServerPlan<Answer>,
): Promise<RunningServer<Answer>> {
  const { program, args, env, cwd } = plan;
  const child = guardian.spawn(program, args, { env, cwd, stopWithinMs });
  const output = collectTail(child.stdout, child.stderr);
  const ended = child.ended.then(({ description }) => `${description}\n${output()}`);
  const stop = async () => void (await child.stop());
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });

  let lastReason = 'it never answered';
  for (const started = Date.now(); Date.now() - started < readyWithinMs; ) {
    if (isOver) throw new ServicesError(`${plan.name} ended before it answered: ${await ended}`);
    try {
      const answer = await plan.probe(child.pid, output());
      if (answer !== undefined) return { pid: child.pid, answer, ended, stop, kill };
    } catch (error) {
      lastReason = reasonOf(error);
    }
    await Promise.race([ended, delay(probeIntervalMs)]);
  }
  await stop();
  throw new ServicesError(
    `${plan.name} did not answer within ${readyWithinMs / 1000} s: ${lastReason}\n${output()}`,
  );
}
