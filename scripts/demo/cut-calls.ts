import type { EventView } from '@baton/core/internal';
import { z } from 'zod';

const prompt = z.object({ message: z.object({ content: z.string() }) });

/**
 * Returns the calls that the session's last prompt names as cut, one line each: the restored files
 * may not show what they changed. Empty if no call was cut.
 */
export function cutCallsIn(
  events: readonly Pick<EventView, 'type' | 'subtype' | 'raw'>[],
): string[] {
  const last = events.findLast(({ type, subtype }) => type === 'user' && subtype === 'prompt');
  const parsed = prompt.safeParse(last && JSON.parse(last.raw));
  if (!parsed.success) return [];
  const paragraphs = parsed.data.message.content.split('\n\n');
  const lines = paragraphs.find((one) => /calls.*:\n- /.test(one))?.split('\n') ?? [];
  return lines.filter((line) => line.startsWith('- ')).map((line) => line.slice(2));
}
