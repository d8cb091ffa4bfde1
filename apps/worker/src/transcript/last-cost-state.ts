import { createReadStream } from 'node:fs';
import { type CostState, readCostState } from '../claude/cost-state.ts';
import { createFramer } from '../claude/framer.ts';

/** The last cost-state entry at or after byte `from` of a transcript; null where there is none, or no file. */
export async function lastCostState(file: string, from: number): Promise<CostState | null> {
  const framer = createFramer();
  let last: CostState | null = null;
  try {
    for await (const piece of createReadStream(file, { start: from })) {
      for (const line of framer.push(piece as Buffer)) last = readCostState(line.text) ?? last;
    }
  } catch {
    // The CLI ended before it made the file: nothing was spent.
  }
  return last;
}
