import { asCount } from './fields.ts';

/**
 * The highest cost of a conversation that Baton believes, in US dollars. No plan allows that much.
 */
export const MAX_COST_USD = 1_000_000;

/** Returns the value if it is a cost in US dollars, at most MAX_COST_USD; else undefined. */
export function asCost(value: unknown): number | undefined {
  const cost = asCount(value);
  return cost !== undefined && cost <= MAX_COST_USD ? cost : undefined;
}
