// What is broken when: a schedule that follows from the seed alone.
import { createRandom, type Random } from './random.ts';

/** One fault. `pick` (0 to 1) says which worker or session it meets. */
export interface Fault {
  kind: FaultKind;
  atMs: number;
  /** How long it lasts: an outage, or a pause. */
  forMs: number;
  pick: number;
}

/** How often a fault comes and how long it lasts. */
interface Habit {
  /** Once in so many milliseconds; at least once in any run. */
  everyMs: number;
  /** Only once in any run. */
  once?: true;
  /** Shortest and longest duration, in milliseconds; in leases where `inLeases`. */
  lasts: readonly [number, number];
  inLeases?: true;
}

const HABITS = {
  kill_worker: { everyMs: 9_000, lasts: [200, 2_000] },
  stop_worker: { everyMs: 14_000, lasts: [0, 500] },
  pause_worker: { everyMs: 45_000, lasts: [1.3, 2.5], inLeases: true },
  lose_cli_worker: { everyMs: 30_000, lasts: [500, 4_000] },
  lose_tmp_worker: { everyMs: 40_000, lasts: [500, 3_000] },
  kill_redis: { everyMs: 70_000, lasts: [300, 5_000] },
  flush_redis: { everyMs: 0, once: true, lasts: [0, 0] },
  readonly_redis: { everyMs: 60_000, lasts: [500, 5_000] },
  poison_job: { everyMs: 15_000, lasts: [0, 0] },
  stop_mongodb: { everyMs: 90_000, lasts: [300, 6_000] },
  kill_mongodb: { everyMs: 120_000, lasts: [300, 3_000] },
} as const satisfies Record<string, Habit>;

/** Everything that is broken on purpose, cancelled sessions aside (those come with the load). */
export type FaultKind = keyof typeof HABITS;

/** All kinds of faults. */
export const FAULT_KINDS = Object.keys(HABITS) as FaultKind[];

/** The faults of a run of `ms`, in order; each kind comes at least once, the flush exactly once. */
export function scheduleFaults(options: { seed: number; ms: number; leaseMs: number }): Fault[] {
  const { seed, ms } = options;
  return FAULT_KINDS.flatMap((kind) => {
    const habit: Habit = HABITS[kind];
    const random = createRandom(seed, kind);
    const count = habit.once ? 1 : Math.max(1, Math.round(ms / habit.everyMs));
    // One in each equal part of the time, anywhere in it: spread, and never in step with each other.
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
