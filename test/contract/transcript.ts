import type { ClaudeHome } from '../support/claude-home.ts';
import { type Line, parseLines } from '../support/real-claude.ts';

/** The transcript's text; throws if there is no transcript. */
export async function bytesOf(home: ClaudeHome, id: string): Promise<string> {
  const text = await home.readTranscript(id);
  if (text === undefined) throw new Error(`no transcript of ${id}`);
  return text;
}

/** The transcript's entries. */
export async function entriesOf(home: ClaudeHome, id: string): Promise<Line[]> {
  return parseLines(await bytesOf(home, id));
}

/** The running cost in the last cost-state entry, or undefined without such an entry. */
export function savedCost(entries: Line[]): number | undefined {
  return entries.findLast((entry) => entry.type === 'cost-state')?.['totalCostUSD'] as
    | number
    | undefined;
}
