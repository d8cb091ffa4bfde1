// Reads everything that a run left in MongoDB and in the working directories.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  claudeIdOf,
  type Event,
  type Mongo,
  mainTranscriptPath,
  type Session,
  type SessionStore,
  type Stores,
  type TranscriptStore,
} from '@baton/core/internal';
import { type MarkLine, marksFile } from '../../test/fake-claude/marks.ts';
import type { Evidence } from './audit/evidence.ts';

type Gathered = Pick<Evidence, 'sessions' | 'events' | 'transcripts' | 'directories'>;

/** Returns the documents and the marks of a run. */
export async function gather(
  mongo: Mongo,
  stores: Pick<Stores, 'sessions' | 'transcripts'>,
  workRoot: string,
): Promise<Gathered> {
  const sessions = await readSessions(mongo, stores.sessions);
  const events = await readEvents(mongo);
  const transcripts = new Map<string, string[] | Error>();
  const directories = new Map<string, MarkLine[]>();
  for (const session of sessions.values()) {
    transcripts.set(session.id, await readTranscript(stores.transcripts, sessions, session));
    directories.set(session.id, await readMarks(workRoot, session));
  }
  return { sessions, events, transcripts, directories };
}

async function readSessions(mongo: Mongo, store: SessionStore): Promise<Map<string, Session>> {
  const ids = await mongo.db.collection<{ _id: string }>('sessions').distinct('_id');
  return new Map((await store.getMany(ids)).map((session) => [session.id, session]));
}

// Reads all events without an index, so that it also finds events that no reader would find.
async function readEvents(mongo: Mongo): Promise<Map<string, Event[]>> {
  const bySession = new Map<string, Event[]>();
  for await (const event of mongo.db.collection<Event>('events').find({})) {
    bySession.set(event.session_id, [...(bySession.get(event.session_id) ?? []), event]);
  }
  for (const events of bySession.values()) events.sort((a, b) => a.seq - b.seq);
  return bySession;
}

// Reads every file, because a read checks the file against its hash. The marks are in the main
// file.
async function readTranscript(
  store: TranscriptStore,
  sessions: ReadonlyMap<string, Session>,
  session: Session,
): Promise<string[] | Error> {
  const main = mainTranscriptPath(claudeIdOf(session));
  const lineage = lineageOf(sessions, session);
  const texts: string[] = [];
  try {
    for (const file of session.transcript.files) {
      const pieces: Buffer[] = [];
      for await (const piece of store.read(file, lineage)) pieces.push(piece);
      const lines = Buffer.concat(pieces).toString('utf8').split('\n');
      if (file.path === main) texts.push(...lines.filter((line) => line !== '').flatMap(textsOf));
    }
    return texts;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Returns the session and its ancestors, nearest first. */
function lineageOf(sessions: ReadonlyMap<string, Session>, session: Session): Session[] {
  const parent = sessions.get(session.parent_session_id ?? '');
  return parent ? [session, ...lineageOf(sessions, parent)] : [session];
}

function textsOf(line: string): string[] {
  const { type, message } = JSON.parse(line) as { type: string; message?: { content?: unknown } };
  if (type !== 'assistant' || !Array.isArray(message?.content)) return [];
  return message.content.flatMap(({ text }: { text?: string }) =>
    text === undefined ? [] : [text],
  );
}

async function readMarks(workRoot: string, { id, root_session_id }: Session): Promise<MarkLine[]> {
  const file = join(workRoot, root_session_id, marksFile(id));
  const text = await readFile(file, 'utf8').catch(() => ''); // the session left no mark
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MarkLine);
}
