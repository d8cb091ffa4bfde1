// Finds messages that are in the transcript but in no event. A worker saves the transcript and the
// events independently, so a worker that dies may have saved only one of the two.
import { claudeIdOf, type Event, type EventStore, type Session } from '@baton/core/internal';
import { asList, asObject, asString } from '../claude/fields.ts';
import { type ClaudeLine, parseLine } from '../claude/line.ts';
import type { RecordedLine } from './recorded-line.ts';

// A page is held in memory, and each of its lines may be 1 MiB long.
const PAGE = 50;

interface Message {
  uuid: string;
  entry: Record<string, unknown>;
}

/**
 * Returns the messages after the last recorded message, in order, as lines of the stream. `entries`
 * are the newest entries of the session's own part of the transcript. The model continues from
 * these messages, so readers must see them too.
 */
export async function findUnrecordedMessages(
  events: EventStore,
  session: Session,
  entries: readonly string[],
): Promise<RecordedLine[]> {
  const messages = entries.flatMap((line) => messageOf(parseLine(line)));
  if (messages.length === 0) return [];
  const positions = new Map(messages.map(({ uuid }, index) => [uuid, index]));
  const last = await lastRecorded(events, session, positions);
  return messages.slice(last + 1).map((message) => toLine(message, claudeIdOf(session)));
}

/** Returns the position of the message that was recorded last, or -1. */
async function lastRecorded(
  events: EventStore,
  session: Session,
  positions: ReadonlyMap<string, number>,
): Promise<number> {
  for (let upTo = session.last_event_seq; upTo > 0; upTo -= PAGE) {
    const after = Math.max(0, upTo - PAGE);
    const page = await events.page({ sessionId: session.id, after, upTo, limit: PAGE });
    for (const event of page.reverse()) {
      const position = findPosition(event, positions);
      if (position !== undefined) return position;
    }
  }
  return -1;
}

function findPosition(event: Event, positions: ReadonlyMap<string, number>): number | undefined {
  if (event.type !== 'assistant' && event.type !== 'user') return undefined;
  const line = parseLine(event.raw);
  return line.kind === 'event' ? positions.get(line.uuid ?? '') : undefined;
}

// Of the `user` entries, only tool results count. The other `user` entries are prompts, which Baton
// records when it sends them, and messages of callers, which it records when a turn takes them.
function messageOf(line: ClaudeLine): Message[] {
  if (line.kind !== 'event' || line.uuid === undefined || line.body['isSidechain'] === true) {
    return [];
  }
  const [first] = asList(asObject(line.body['message'])?.['content']);
  const isToolResult = asString(asObject(first)?.['type']) === 'tool_result';
  const isMessage = line.type === 'assistant' || (line.type === 'user' && isToolResult);
  return isMessage ? [{ uuid: line.uuid, entry: line.body }] : [];
}

function toLine({ uuid, entry }: Message, claudeSessionId: string): RecordedLine {
  const { type, message, timestamp } = entry;
  const raw = JSON.stringify({
    type,
    message,
    parent_tool_use_id: null,
    session_id: claudeSessionId,
    uuid,
    timestamp,
  });
  return { type: String(type), raw, bytes: Buffer.byteLength(raw) };
}
