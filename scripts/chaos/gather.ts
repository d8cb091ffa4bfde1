// Reads everything that a run left behind in MongoDB and in the working directories.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createTranscriptStore,
  type Event,
  type Mongo,
  mainTranscriptPath,
  type Session,
  type SessionStore,
} from '@baton/core';
import { type MarkLine, marksFile } from '../../test/fake-claude/marks.ts';
import type { Evidence } from './audit/evidence.ts';

type Gathered = Pick<Evidence, 'sessions' | 'events' | 'transcripts' | 'directories'>;

/** What documents and marks say. */
export async function gather(
  mongo: Mongo,
  store: SessionStore,
  workRoot: string,
): Promise<Gathered> {
  const sessions = await readSessions(mongo, store);
  const events = await readEvents(mongo);
  const transcripts = new Map<string, string[] | Error>();
  const directories = new Map<string, MarkLine[]>();
  for (const session of sessions.values()) {
    transcripts.set(session.id, await readTranscript(mongo, sessions, session));
    directories.set(session.id, await readMarks(workRoot, session));
  }
  return { sessions, events, transcripts, directories };
}

async function readSessions(mongo: Mongo, store: SessionStore): Promise<Map<string, Session>> {
  const ids = await mongo.db.collection<{ _id: string }>('sessions').distinct('_id');
  return new Map((await store.getMany(ids)).map((session) => [session.id, session]));
}

// All of them at once and by no index: what no reader would find counts here too.
async function readEvents(mongo: Mongo): Promise<Map<string, Event[]>> {
  const bySession = new Map<string, Event[]>();
  for await (const event of mongo.db.collection<Event>('events').find({})) {
    bySession.set(event.session_id, [...(bySession.get(event.session_id) ?? []), event]);
  }
  for (const events of bySession.values()) events.sort((a, b) => a.seq - b.seq);
  return bySession;
}

async function readTranscript(
  mongo: Mongo,
  sessions: ReadonlyMap<string, Session>,
  session: Session,
): Promise<string[] | Error> {
  const path = mainTranscriptPath(session.root_session_id);
  const file = session.transcript.files.find((one) => one.path === path);
  if (!file) return [];
  const lineage = [session];
  for (let next = parentOf(session); next; next = parentOf(next)) lineage.push(next);
  function parentOf({ parent_session_id: id }: Session): Session | undefined {
    return id === undefined ? undefined : sessions.get(id);
  }
  try {
    const pieces: Buffer[] = [];
    for await (const piece of createTranscriptStore(mongo.db).read(file, lineage))
      pieces.push(piece);
    const whole = Buffer.concat(pieces).toString('utf8');
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .flatMap(textsOf);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
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
  const text = await readFile(file, 'utf8').catch(() => ''); // it never came to one
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MarkLine);
}
