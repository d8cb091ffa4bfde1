import type { Meter } from '../claude/meter.ts';
import type { Restored } from '../transcript/restore.ts';
import { spendingIn } from '../transcript/spending.ts';

/**
 * The function that reads what the messages of a transcript cost, from each piece that was appended to the file
 * `path`. Messages that were restored are left out: the CLI appends them again after a compaction, and they were
 * counted when they were new.
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
