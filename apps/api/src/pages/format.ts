/** `usd` as people read it, with four decimal places: a turn may cost less than a cent. */
export function formatMoney(usd: number): string {
  return `$${usd.toFixed(4)}`;
}
