/** One comparison of Baton with the same done by hand, in one run. */
export interface Measure {
  name: string;
  ours: number;
  by_hand: number;
  /** Ours against by hand; for a memory or time measure, ours against the target's base. */
  ratio: number;
  target: string;
  met: boolean;
  unit: string;
}

/** The middle value; of an even number the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The value that so many of a hundred do not pass. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.ceil((sorted.length * percent) / 100) - 1;
  return sorted[Math.max(index, 0)] ?? Number.NaN;
}

/** A measure that nothing is compared with, with the most that meets the target. */
export function boundMeasure(
  name: string,
  unit: string,
  { ours, most }: { ours: number; most: number },
): Measure {
  const target = `<= ${most} ${unit}`;
  return { name, ours: round(ours), by_hand: 0, ratio: 0, target, met: ours <= most, unit };
}

/** A measure where more is better, with the least ratio that meets the target. */
export function rateMeasure(
  name: string,
  unit: string,
  { ours, byHand, least }: { ours: number; byHand: number; least: number },
): Measure {
  const ratio = ours / byHand;
  return {
    name,
    ours: round(ours),
    by_hand: round(byHand),
    ratio: round(ratio),
    target: `ratio >= ${least}`,
    met: ratio >= least,
    unit,
  };
}

/** A measure of what Baton adds to what it is done by hand, with the most that meets the target. */
export function addedMeasure(
  name: string,
  unit: string,
  { ours, byHand, most }: { ours: number; byHand: number; most: number },
): Measure {
  return {
    name,
    ours: round(ours),
    by_hand: round(byHand),
    ratio: round(byHand === 0 ? 0 : ours / byHand),
    target: `ours - by_hand <= ${most} ${unit}`,
    met: ours - byHand <= most,
    unit,
  };
}

/** A measure of what Baton adds, as a share of the whole, with the most that meets the target. */
export function shareMeasure(
  name: string,
  unit: string,
  { ours, byHand, mostPercent }: { ours: number; byHand: number; mostPercent: number },
): Measure {
  return {
    name,
    ours: round(ours),
    by_hand: round(byHand),
    ratio: round(ours / byHand),
    target: `adds <= ${mostPercent} %`,
    met: ours - byHand <= (ours * mostPercent) / 100,
    unit,
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
