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

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
