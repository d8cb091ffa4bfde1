// Reads everything that a run left in MongoDB and in the working directories.
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  claudeIdOf,
  defined,
  type Event,
  type MessageView,
  type Mongo,
  mainTranscriptPath,
  type Session,
  type SessionStore,
  type TranscriptStore,
  toInfo,
} from '@baton/core/internal';
import { type MarkLine, marksFile, parseMarks } from '../../test/fake-claude/marks.ts';
import type { Evidence } from './audit/evidence.ts';
import type { Clients } from './clients.ts';
import type { HostSet } from './host-set.ts';
import { numbersIn } from './numbered-message.ts';
import { openWorkspaceReader } from './workspace.ts';

/** The parts of a transcript's entry that the audit reads. */
interface Entry {
  /** Where the entry begins in its file, in bytes. */
  offset: number;
  type: string;
  message?: { content?: unknown };
  attachment?: { prompt?: unknown };
}

type Gathered = Pick<
  Evidence,
  | 'sessions'
  | 'events'
  | 'transcripts'
  | 'said'
  | 'views'
  | 'undelivered'
  | 'directories'
  | 'workspaces'
  | 'uncaptured'
>;

/** Returns the documents, the marks and the messages of a run. */
export async function gather(
  { mongo, stores, lists }: Pick<Clients, 'mongo' | 'stores' | 'lists'>,
  { workRoots, areSeparate }: Pick<HostSet, 'workRoots' | 'areSeparate'>,
): Promise<Gathered> {
  const sessions = await readSessions(mongo, stores.sessions);
  const events = await readEvents(mongo);
  const transcripts = new Map<string, string[] | Error>();
  const directories = new Map<string, MarkLine[]>();
  const said = new Map<string, number[]>();
  const views = new Map<string, MessageView[]>();
  const undelivered = new Map<string, string[]>();
  const workspaces = new Map<string, Map<string, number[]> | Error>();
  const uncaptured = new Map<string, string[]>();
  const reader = areSeparate ? openWorkspaceReader(stores.captures) : null;
  for (const session of sessions.values()) {
    const { id } = session;
    const entries = await readTranscript(stores.transcripts, sessions, session);
    const isRead = !(entries instanceof Error);
    transcripts.set(id, isRead ? entries.flatMap(answersOf) : entries);
    if (isRead) said.set(id, numbersIn(entries.flatMap(messagesOf)));
    views.set(id, await listMessages(lists, id));
    undelivered.set(id, toInfo(session).undelivered_messages ?? []);
    directories.set(id, await readMarks([...workRoots.values()], session));
    if (reader) workspaces.set(id, await reader.marksOf(session));
    if (isRead) uncaptured.set(id, entries.filter(isBeyond(session)).flatMap(answersOf));
  }
  await reader?.close();
  const found = {
    sessions,
    events,
    transcripts,
    said,
    views,
    undelivered,
    directories,
    uncaptured,
  };
  return { ...found, ...defined({ workspaces: areSeparate ? workspaces : undefined }) };
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

// Returns the entries of the main file. Reads every file, because a read checks the file against
// its hash.
async function readTranscript(
  store: TranscriptStore,
  sessions: ReadonlyMap<string, Session>,
  session: Session,
): Promise<Entry[] | Error> {
  const main = mainTranscriptPath(claudeIdOf(session));
  const lineage = lineageOf(sessions, session);
  const entries: Entry[] = [];
  try {
    for (const file of session.transcript.files) {
      const pieces: Buffer[] = [];
      for await (const piece of store.read(file, lineage)) pieces.push(piece);
      const lines = Buffer.concat(pieces).toString('utf8').split('\n');
      if (file.path !== main) continue;
      let offset = 0;
      for (const line of lines) {
        if (line !== '') entries.push({ ...JSON.parse(line), offset });
        offset += Buffer.byteLength(line) + 1;
      }
    }
    return entries;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

// An entry of the main file that was not stored when the session's newest capture began.
function isBeyond(session: Session): (entry: Entry) => boolean {
  const main = mainTranscriptPath(claudeIdOf(session));
  const covered = session.workspace?.capture?.transcript.find(({ path }) => path === main);
  return ({ offset }) => offset >= (covered?.length ?? 0);
}

/** Returns the session and its ancestors, nearest first. */
function lineageOf(sessions: ReadonlyMap<string, Session>, session: Session): Session[] {
  const parent = sessions.get(session.parent_session_id ?? '');
  return parent ? [session, ...lineageOf(sessions, parent)] : [session];
}

function answersOf({ type, message }: Entry): string[] {
  return type === 'assistant' ? textsIn(message?.content) : [];
}

// A message that a running turn took in is an attachment.
function messagesOf({ type, message, attachment }: Entry): string[] {
  if (type === 'attachment') return textsIn(attachment?.prompt);
  return type === 'user' ? textsIn(message?.content) : [];
}

function textsIn(content: unknown): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap(({ text }: { text?: string }) => (text === undefined ? [] : [text]));
}

async function listMessages(lists: Clients['lists'], id: string): Promise<MessageView[]> {
  const views: MessageView[] = [];
  let cursor: string | undefined;
  do {
    const page = await lists.listMessages(id, { cursor });
    views.push(...page.messages);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return views;
}

// A mark may be on several disks, because a workspace travels.
async function readMarks(
  workRoots: readonly string[],
  { id, root_session_id, workspace }: Session,
): Promise<MarkLine[]> {
  const directory = workspace ? basename(workspace.path) : root_session_id;
  const lines = new Map<string, MarkLine>();
  for (const workRoot of workRoots) {
    const file = join(workRoot, directory, marksFile(id));
    const text = await readFile(file, 'utf8').catch(() => ''); // the session left no mark
    for (const line of parseMarks(text)) lines.set(JSON.stringify(line), line);
  }
  return [...lines.values()];
}
