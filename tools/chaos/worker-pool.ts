// The workers of a run: processes that are killed, drained, paused and replaced.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Guardian } from '../dev-services/guardian.ts';
import type { LaunchedProcess } from '../process/launch.ts';
import { nodeArguments } from '../process/node-arguments.ts';
import type { Host, HostPart } from './hosts.ts';

const MAIN = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url));

/** How long the pool waits before it replaces a worker that could not start, in milliseconds. */
const TRY_AGAIN_AFTER_MS = 1_000;

/**
 * How a worker ended. `intent` says what the run did: it sent SIGKILL (`kill`), SIGTERM (`drain`) or nothing (`no`).
 */
export interface WorkerEnd {
  name: string;
  intent: 'kill' | 'drain' | 'no';
  /** Whether the worker had reported that it was ready. */
  wasReady: boolean;
  code: number | null;
  signal: string | null;
  /** The time from SIGTERM to the worker's end, in milliseconds. */
  drainMs?: number;
}

/** The workers of a run. */
export interface WorkerPool {
  /** Starts the workers. From then on, each worker that ends is replaced. */
  start(): void;
  /**
   * Returns a worker that is ready and not paused, selected by `pick` (0 to 1), or undefined if
   * there is no such worker.
   */
  choose(pick: number): PoolWorker | undefined;
  /** Resolves once all workers are ready. Rejects after `limitMs` milliseconds. */
  untilReady(limitMs: number): Promise<void>;
  /** Drains all workers without replacing them. Resolves to how every worker of the run ended. */
  stopAll(): Promise<WorkerEnd[]>;
  readonly startedCount: number;
}

/** A worker that a fault can hit. */
export interface PoolWorker {
  name: string;
  /** Kills the worker with SIGKILL. Its slot stays empty for `restartDelayMs` milliseconds. */
  kill(restartDelayMs: number): void;
  /** Sends SIGTERM. Another worker takes its slot at once. */
  drain(): void;
  /** Sends SIGSTOP, and SIGCONT after `ms` milliseconds. */
  pause(ms: number): Promise<void>;
  /** Ends the worker's host, with all processes and files. The slot stays empty for `restartDelayMs` after that. */
  loseHost(restartDelayMs: number): Promise<void>;
  /** Takes the worker's CLI or temporary directory away for `ms` milliseconds. */
  lose(part: HostPart, ms: number): Promise<void>;
}

/** A position in the pool. Each time its worker ends, another worker takes the position. */
interface Slot {
  host: Host;
  member: PoolWorker | undefined;
  /** The processes on the slot's host, also those of workers that drain. */
  readonly lives: Set<WorkerProcess>;
  isPaused: boolean;
}

/** The state that all slots of a pool share. */
interface PoolState {
  readonly slots: readonly Slot[];
  readonly ends: WorkerEnd[];
  readonly running: Set<Promise<void>>;
  startedCount: number;
  isStopping: boolean;
}

/** The process of a worker, and how it ends. */
interface WorkerProcess {
  child: LaunchedProcess;
  end: WorkerEnd;
  /** How long the worker's slot stays empty after the process's end, in milliseconds. */
  restartDelayMs: number;
  /** When SIGTERM was sent, on the clock of `performance.now()`. */
  drainedAt: number;
  /** Whether another worker already has the slot. */
  isReplaced: boolean;
}

/** The options of a worker pool. */
export interface WorkerPoolOptions {
  guardian: Guardian;
  size: number;
  /** The environment of a worker, without what its host adds. */
  env: Record<string, string>;
  logs: string;
  /** Creates the host of the worker in the slot of this index. */
  openHost(index: number): Host;
  /** How long a drain may take before the worker is killed, in milliseconds. */
  drainWithinMs: number;
}

/** Creates the pool. No worker runs before `start`. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { size, openHost } = options;
  const pool: PoolState = {
    slots: Array.from({ length: size }, (_, index) => ({
      host: openHost(index),
      member: undefined,
      lives: new Set(),
      isPaused: false,
    })),
    ends: [],
    running: new Set(),
    startedCount: 0,
    isStopping: false,
  };

  function ready(): PoolWorker[] {
    return pool.slots.flatMap(({ member, isPaused }) => (member && !isPaused ? [member] : []));
  }

  return {
    start() {
      for (const slot of pool.slots) startWorker(pool, slot, options);
    },
    choose: (pick) => ready()[Math.floor(pick * ready().length)],
    async untilReady(limitMs) {
      for (const end = Date.now() + limitMs; ready().length < size; await delay(50)) {
        if (Date.now() > end) throw new Error(`${ready().length} of ${size} workers are ready`);
      }
    },
    async stopAll() {
      pool.isStopping = true;
      for (const member of ready()) member.drain();
      while (pool.running.size > 0) await Promise.all(pool.running);
      return pool.ends;
    },
    get startedCount() {
      return pool.startedCount;
    },
  };
}

/** Starts a worker in a slot, unless the pool is being stopped. */
function startWorker(pool: PoolState, slot: Slot, options: WorkerPoolOptions): void {
  if (pool.isStopping) return;
  pool.startedCount += 1;
  const run = runWorker(pool, slot, `worker-${pool.startedCount}`, options);
  pool.running.add(run);
  void run.finally(() => pool.running.delete(run));
}

/** Runs a worker until its process ends, and starts the next worker in the same slot. */
async function runWorker(
  pool: PoolState,
  slot: Slot,
  name: string,
  options: WorkerPoolOptions,
): Promise<void> {
  const { guardian, env, logs, drainWithinMs } = options;
  await slot.host.untilUp();
  const child = slot.host.spawn(guardian, nodeArguments(MAIN), {
    env,
    cwd: logs,
    stopWithinMs: drainWithinMs,
  });
  child.stderr?.pipe(createWriteStream(join(logs, `${name}.log`)));
  const end: WorkerEnd = { name, intent: 'no', wasReady: false, code: null, signal: null };
  const life: WorkerProcess = {
    child,
    end,
    restartDelayMs: TRY_AGAIN_AFTER_MS,
    drainedAt: 0,
    isReplaced: false,
  };
  slot.lives.add(life);
  child.stdout?.once('data', () => {
    if (pool.isStopping) return drain(life);
    end.wasReady = true;
    slot.member = createPoolWorker(slot, life, () => startWorker(pool, slot, options));
  });
  const { code, signal } = await child.ended;
  slot.lives.delete(life);
  Object.assign(end, { code, signal });
  if (end.intent === 'drain') end.drainMs = Math.round(performance.now() - life.drainedAt);
  pool.ends.push(end);
  if (life.isReplaced || pool.isStopping) return;
  slot.member = undefined;
  await delay(life.restartDelayMs);
  startWorker(pool, slot, options);
}

/** Returns the worker of a slot. `replace` starts the next worker in the same slot. */
function createPoolWorker(slot: Slot, life: WorkerProcess, replace: () => void): PoolWorker {
  const { child, end } = life;
  return {
    name: end.name,
    kill(restartDelayMs) {
      end.intent = 'kill';
      life.restartDelayMs = restartDelayMs;
      slot.member = undefined;
      child.kill('SIGKILL');
    },
    drain() {
      slot.member = undefined;
      life.isReplaced = true;
      drain(life);
      replace();
    },
    async pause(ms) {
      slot.isPaused = true;
      child.kill('SIGSTOP');
      await delay(ms);
      child.kill('SIGCONT');
      slot.isPaused = false;
    },
    async loseHost(restartDelayMs) {
      for (const one of slot.lives) {
        one.end.intent = 'kill';
        one.restartDelayMs = restartDelayMs;
      }
      slot.member = undefined;
      await slot.host.replace();
    },
    lose: slot.host.lose,
  };
}

/** Sends SIGTERM, and SIGKILL to a worker that drains for longer than `drainWithinMs`. */
function drain(life: WorkerProcess): void {
  life.end.intent = 'drain';
  life.drainedAt = performance.now();
  void life.child.stop();
}
