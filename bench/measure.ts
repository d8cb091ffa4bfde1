/** One comparison of Baton with the same work done by hand, in one run. */
export interface Measure {
  name: string;
  ours: number;
  by_hand: number;
  /** `ours` divided by `by_hand`. 0 if there is nothing to compare with. */
  ratio: number;
  target: string;
  /** Null if there is no target. */
  met: boolean | null;
  unit: string;
}

/** Returns the median; for an even count, the mean of the two middle values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Returns the value that `percent` percent of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.ceil((sorted.length * percent) / 100) - 1;
  return sorted[Math.max(index, 0)] ?? Number.NaN;
}

/** Builds a measure without a comparison. It meets its target if `ours` is at most `most`. */
export function boundMeasure(
  name: string,
  unit: string,
  { ours, most }: { ours: number; most: number },
): Measure {
  const target = `<= ${most} ${unit}`;
  return { name, ours: round(ours), by_hand: 0, ratio: 0, target, met: ours <= most, unit };
}

/** Builds a measure of a rate. It meets its target if the ratio is at least `least`. */
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

/** Builds a measure of a cost that Baton adds. It meets its target if Baton adds at most `most`. */
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

/**
 * Builds a measure of a cost that Baton adds, in percent of the whole. The target is at most
 * `mostPercent`.
 */
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

/** Builds a measure of a ratio. It meets its target if `ours` is at most `mostTimes` times `byHand`. */
export function atMostMeasure(
  name: string,
  unit: string,
  { ours, byHand, mostTimes }: { ours: number; byHand: number; mostTimes: number },
): Measure {
  return {
    name,
    ours: round(ours),
    by_hand: round(byHand),
    ratio: round(ours / byHand),
    target: `ratio <= ${mostTimes}`,
    met: ours <= byHand * mostTimes,
    unit,
  };
}

/** Builds a measure with a comparison. If `most` is given, the target is that `ours` is at most `most`. */
export function comparedMeasure(
  name: string,
  unit: string,
  { ours, byHand }: { ours: number; byHand: number },
  most?: number,
): Measure {
  return {
    name,
    ours: round(ours),
    by_hand: round(byHand),
    ratio: round(ours / byHand),
    target: most === undefined ? 'none' : `<= ${most} ${unit}`,
    met: most === undefined ? null : ours <= most,
    unit,
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
