// The schedule of the faults. It depends only on the seed.
import { createRandom, type Random } from './random.ts';

/** One fault. `pick` (0 to 1) selects the worker or session that it hits. */
export interface Fault {
  kind: FaultKind;
  atMs: number;
  /** How long the outage or pause lasts, in milliseconds. */
  forMs: number;
  pick: number;
}

/** How often a kind of fault occurs, and how long it lasts. */
interface Habit {
  /** The average time between two faults, in milliseconds. Each kind occurs at least once in a run. */
  everyMs: number;
  /** The fault occurs exactly once in a run. */
  once?: true;
  /** The shortest and the longest duration, in milliseconds or (with `inLeases`) in leases. */
  lasts: readonly [number, number];
  inLeases?: true;
  /** The fault occurs only if each worker has its own host. */
  onHosts?: true;
}

const HABITS = {
  kill_worker: { everyMs: 9_000, lasts: [200, 2_000] },
  stop_worker: { everyMs: 14_000, lasts: [0, 500] },
  pause_worker: { everyMs: 45_000, lasts: [1.3, 2.5], inLeases: true },
  lose_cli_worker: { everyMs: 30_000, lasts: [500, 4_000] },
  lose_tmp_worker: { everyMs: 40_000, lasts: [500, 3_000] },
  lose_host_worker: { everyMs: 30_000, lasts: [500, 4_000], onHosts: true },
  kill_redis: { everyMs: 70_000, lasts: [300, 5_000] },
  flush_redis: { everyMs: 0, once: true, lasts: [0, 0] },
  readonly_redis: { everyMs: 60_000, lasts: [500, 5_000] },
  poison_job: { everyMs: 15_000, lasts: [0, 0] },
  stop_mongodb: { everyMs: 90_000, lasts: [300, 6_000] },
  kill_mongodb: { everyMs: 120_000, lasts: [300, 3_000] },
} as const satisfies Record<string, Habit>;

/**
 * The kinds of faults that are injected. Cancels are not faults. The clients of the run send the
 * cancels.
 */
export type FaultKind = keyof typeof HABITS;

/** All kinds of faults. */
export const FAULT_KINDS = Object.keys(HABITS) as FaultKind[];

/**
 * Returns the faults of a run of `ms` milliseconds, in order. Each kind occurs at least once, and
 * the flush exactly once. With `hosts`, each worker has its own host, and there are faults of hosts.
 */
export function scheduleFaults(options: {
  seed: number;
  ms: number;
  leaseMs: number;
  hosts: boolean;
}): Fault[] {
  const { seed, ms, hosts } = options;
  return FAULT_KINDS.flatMap((kind) => {
    const habit: Habit = HABITS[kind];
    if (habit.onHosts && !hosts) return [];
    const random = createRandom(seed, kind);
    const count = habit.once ? 1 : Math.max(1, Math.round(ms / habit.everyMs));
    // The run is divided into equal parts, with one fault at a random time in each part. So the
    // faults of one kind are spread over the run. Each kind has its own random numbers, so the times
    // of different kinds are independent.
    return Array.from({ length: count }, (_, index) => ({
      kind,
      atMs: ((index + random.between(0.1, 0.9)) / count) * ms,
      forMs: lasting(habit, random, options.leaseMs),
      pick: random.next(),
    }));
  }).sort((a, b) => a.atMs - b.atMs);
}

function lasting({ lasts: [from, to], inLeases }: Habit, random: Random, leaseMs: number): number {
  return Math.round(random.between(from, to) * (inLeases ? leaseMs : 1));
}
