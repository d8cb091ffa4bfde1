/** Formats an amount in USD with four decimal places, because a turn may cost less than a cent. */
export function formatMoney(usd: number): string {
  return `$${usd.toFixed(4)}`;
}
