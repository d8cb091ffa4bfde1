// The workers of a run: processes that are killed, drained, paused and replaced.
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Guardian } from '../dev-services/guardian.ts';
import type { Host, HostPart } from './hosts.ts';

const MAIN = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url));

/** How long a worker that could not start is waited for before the next try, in milliseconds. */
const TRY_AGAIN_AFTER_MS = 1_000;

/** A worker that ended. `meant`: by our SIGKILL, by our SIGTERM, or not by us. */
export interface WorkerEnd {
  name: string;
  meant: 'kill' | 'drain' | 'no';
  /** Whether it had said that it was ready. */
  wasReady: boolean;
  code: number | null;
  signal: string | null;
  /** From our SIGTERM to its end. */
  drainMs?: number;
}

/** The workers that run, and those that ran. */
export interface WorkerPool {
  /** Replaces whatever ends from now on, so that the number stays. */
  start(): void;
  /** One that is ready and not paused, chosen by a number from 0 to 1; none where there is none. */
  choose(pick: number): PoolWorker | undefined;
  /** Resolves once all of them are ready; rejects after the limit. */
  whole(limitMs: number): Promise<void>;
  /** Drains them all and replaces none; resolves with how every worker of the run ended. */
  dismiss(): Promise<WorkerEnd[]>;
  readonly hired: number;
}

/** A worker that can be broken. */
export interface PoolWorker {
  name: string;
  /** SIGKILL; its place stays empty for so long. */
  kill(vacantMs: number): void;
  /** SIGTERM; another takes its place at once. */
  drain(): void;
  /** SIGSTOP, and SIGCONT after so long. */
  pause(ms: number): Promise<void>;
  /** Its CLI or its temporary directory goes away, and comes back after so long. */
  lose(what: HostPart, ms: number): Promise<void>;
}

interface Slot {
  host: Host;
  member: PoolWorker | undefined;
  isPaused: boolean;
}

/** What the workers are given. */
export interface WorkerPoolOptions {
  guardian: Guardian;
  size: number;
  /** The complete environment of a worker. */
  env: Record<string, string>;
  logs: string;
  /** Makes what a worker has of its own on its host; the number says whose. */
  openHost(index: number): Host;
  /** A drain that takes longer ends in SIGKILL. */
  drainWithinMs: number;
}

/** The workers of these options; none runs before `start`. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { guardian, size, env, logs, openHost, drainWithinMs } = options;
  const places: Slot[] = Array.from({ length: size }, (_, index) => ({
    host: openHost(index),
    member: undefined,
    isPaused: false,
  }));
  const ends: WorkerEnd[] = [];
  const running = new Set<Promise<void>>();
  let hired = 0;
  let isDismissed = false;

  function hire(place: Slot): void {
    if (isDismissed) return;
    hired += 1;
    const life = live(place, `worker-${hired}`);
    running.add(life);
    void life.finally(() => running.delete(life));
  }

  async function live(place: Slot, name: string): Promise<void> {
    const child = guardian.spawn(process.execPath, [MAIN], {
      env: { ...env, ...place.host.env },
      cwd: logs,
    });
    child.stderr?.pipe(createWriteStream(join(logs, `${name}.log`)));
    const end: WorkerEnd = { name, meant: 'no', wasReady: false, code: null, signal: null };
    let vacantMs = TRY_AGAIN_AFTER_MS;
    let drainedAt = 0;
    let isReplaced = false;

    function drain(): void {
      end.meant = 'drain';
      drainedAt = performance.now();
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), drainWithinMs).unref();
    }

    function leave(): void {
      place.member = undefined;
      isReplaced = true;
    }

    child.stdout?.once('data', () => {
      if (isDismissed) return drain();
      end.wasReady = true;
      place.member = {
        name,
        kill(forMs) {
          end.meant = 'kill';
          vacantMs = forMs;
          place.member = undefined;
          child.kill('SIGKILL');
        },
        drain() {
          leave();
          drain();
          hire(place);
        },
        async pause(ms) {
          place.isPaused = true;
          child.kill('SIGSTOP');
          await delay(ms);
          child.kill('SIGCONT');
          place.isPaused = false;
        },
        lose: place.host.lose,
      };
    });
    Object.assign(end, await endOf(child));
    if (end.meant === 'drain') end.drainMs = Math.round(performance.now() - drainedAt);
    ends.push(end);
    if (isReplaced || isDismissed) return;
    place.member = undefined;
    await delay(vacantMs);
    hire(place);
  }

  function ready(): PoolWorker[] {
    return places.flatMap(({ member, isPaused }) => (member && !isPaused ? [member] : []));
  }

  return {
    start() {
      for (const place of places) hire(place);
    },
    choose: (pick) => ready()[Math.floor(pick * ready().length)],
    async whole(limitMs) {
      for (const end = Date.now() + limitMs; ready().length < size; await delay(50)) {
        if (Date.now() > end) throw new Error(`${ready().length} of ${size} workers are ready`);
      }
    },
    async dismiss() {
      isDismissed = true;
      for (const member of ready()) member.drain();
      while (running.size > 0) await Promise.all(running);
      return ends;
    },
    get hired() {
      return hired;
    },
  };
}

function endOf(child: ChildProcess): Promise<Pick<WorkerEnd, 'code' | 'signal'>> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}
