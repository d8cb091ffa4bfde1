import type { Result } from '@baton/core/internal';
import { asCount, asObject } from './fields.ts';
import { asCost } from './plausible-cost.ts';
import { readModelUsage } from './read-result.ts';

/** What a conversation has spent up to a point, as the CLI carries it from process to process. */
export interface CostState {
  totalCostUsd: number;
  modelUsage: NonNullable<Result['modelUsage']>;
  apiDurationMs: number;
}

/** A transcript without a cost-state entry: nothing was spent. */
export const NOTHING_SPENT: CostState = Object.freeze({
  totalCostUsd: 0,
  modelUsage: {},
  apiDurationMs: 0,
});

/** The running totals in a transcript's `cost-state` entry, or null for any other entry. The last one counts. */
export function readCostState(jsonlLine: string): CostState | null {
  // A transcript's lines are long and nearly none is of this kind: look before parsing.
  if (!jsonlLine.includes('"cost-state"')) return null;
  const entry = parse(jsonlLine);
  const totalCostUsd = asCost(entry?.['totalCostUSD']);
  if (entry?.['type'] !== 'cost-state' || totalCostUsd === undefined) return null;
  return {
    totalCostUsd,
    modelUsage: readModelUsage(entry['modelUsage']) ?? {},
    apiDurationMs: asCount(entry['totalAPIDuration']) ?? 0,
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined; // a line cut short: the entry before it counts
  }
}
