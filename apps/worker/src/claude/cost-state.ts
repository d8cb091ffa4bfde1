import type { Result } from '@baton/core/internal';
import { asCount, asObject } from './fields.ts';
import { asCost } from './plausible-cost.ts';
import { readModelUsage } from './read-result.ts';

/**
 * What a conversation has spent so far. The CLI keeps it in the transcript from process to process.
 */
export interface CostState {
  totalCostUsd: number;
  modelUsage: NonNullable<Result['modelUsage']>;
  apiDurationMs: number;
}

/** The cost state of a transcript that has no cost-state entry. */
export const NOTHING_SPENT: CostState = Object.freeze({
  totalCostUsd: 0,
  modelUsage: {},
  apiDurationMs: 0,
});

/**
 * Returns the running totals of a transcript's `cost-state` entry, or null for any other entry. The
 * last `cost-state` entry of a transcript counts.
 */
export function readCostState(jsonlLine: string): CostState | null {
  // Lines of a transcript are long and few are of this type, so look for the type before parsing.
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
    return undefined; // the line was cut short, so the previous entry counts
  }
}
