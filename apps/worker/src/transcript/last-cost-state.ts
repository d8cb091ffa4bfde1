import { createReadStream } from 'node:fs';
import { type CostState, readCostState } from '../claude/cost-state.ts';
import { createFramer } from '../claude/framer.ts';

/** Returns the last cost-state entry at or after byte `from` of a transcript, or null if there is none. */
export async function lastCostState(file: string, from: number): Promise<CostState | null> {
  const framer = createFramer();
  let last: CostState | null = null;
  try {
    for await (const piece of createReadStream(file, { start: from })) {
      for (const line of framer.push(piece as Buffer)) last = readCostState(line.text) ?? last;
    }
  } catch {
    // There is no file: the CLI ended before it made the file, so it spent nothing.
  }
  return last;
}
