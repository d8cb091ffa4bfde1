import { asCount } from './fields.ts';

/** More than any plan lets a conversation cost, in US dollars. */
export const MAX_COST_USD = 1_000_000;

/** The value as a cost in US dollars, or undefined where it is none or more than MAX_COST_USD. */
export function asCost(value: unknown): number | undefined {
  const cost = asCount(value);
  return cost !== undefined && cost <= MAX_COST_USD ? cost : undefined;
}
