// Messages that the transcript holds and no event does: both are saved side by side, and a worker may die in between.
import { claudeIdOf, type Event, type EventStore, type Session } from '@baton/core/internal';
import { asList, asObject, asString } from '../claude/fields.ts';
import { type ClaudeLine, parseLine } from '../claude/line.ts';
import type { RecordedLine } from './recorded-line.ts';

// Lines are up to 1 MiB each, and a page is held whole.
const PAGE = 50;

interface Message {
  uuid: string;
  entry: Record<string, unknown>;
}

/**
 * The messages that follow the last one that was recorded, as lines of the stream, in order. `entries`
 * are the newest of the session's own part of the transcript. The model goes on from them: without them
 * readers would miss what it said.
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

/** The position of the message that was recorded last, or -1. */
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

// Of the user's entries only results of tools: the rest are prompts, which are recorded as they are sent.
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
