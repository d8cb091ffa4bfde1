import type { Meter } from '../claude/meter.ts';
import type { Restored } from '../transcript/restore.ts';
import { spendingIn } from '../transcript/spending.ts';

/**
 * Creates a function that takes each piece appended to a transcript file, and passes the usage of
 * its messages to the meter. Restored messages are left out: the CLI appends them again after a
 * compaction, but they were counted when they were new.
 */
export function createSpendingReader(
  { messageIds }: Pick<Restored, 'messageIds'>,
  meter: Pick<Meter, 'refine'>,
): (path: string, data: Buffer) => void {
  return (path, data) => {
    if (!path.endsWith('.jsonl')) return;
    for (const spent of spendingIn(data)) if (!messageIds.has(spent.messageId)) meter.refine(spent);
  };
}
