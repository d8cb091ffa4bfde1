// Conversations with documents, events, transcripts, captures, messages and jobs.
import { Readable } from 'node:stream';
import {
  createSessionDeletion,
  newId,
  type Session,
  type SessionDeletion,
  type TombstoneStore,
} from '@baton/core/internal';
import { makeChild, makeCompletedSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

/** How many documents, events, transcript chunks, chunks of packs, messages and jobs some sessions have. */
export interface Found {
  documents: number;
  events: number;
  chunks: number;
  packChunks: number;
  messages: number;
  jobs: number;
}

/** What a test can do to conversations, and what it can read of them. */
export interface World {
  deletion: SessionDeletion;
  tombstones: TombstoneStore;
  /** Stores a session with its events, a chunk of transcript, a pack, a message and a job. */
  keep(session: Session): Promise<void>;
  /** Writes only the events, the transcript chunk, the pack and the message of a session. */
  write(session: Session): Promise<void>;
  /** Makes the sweep of this tombstone due, and writes these fields into the tombstone. */
  sweepIsDue(id: string, fields?: object): Promise<void>;
  count(...sessions: Session[]): Promise<Found>;
  /** Stores a conversation of three sessions: a root and two branches. */
  keepTree(): Promise<[Session, Session, Session]>;
  /** Makes Redis fail after this many dropped jobs. */
  failDropsAfter(drops: number): void;
}

/** `test` with conversations to delete. */
export const test = base.extend<{ $file: { world: World } }>({
  world: [
    async ({ db, stores, queue }, use) => {
      const { clock } = stores;
      let dropsLeft = Number.POSITIVE_INFINITY;
      async function drop(id: string): Promise<void> {
        dropsLeft -= 1;
        if (dropsLeft < 0) throw new Error('Redis went away');
        await queue.drop(id);
      }
      async function write(session: Session): Promise<void> {
        await stores.events.insert(
          Array.from({ length: session.last_event_seq }, (_, index) => ({
            session_id: session.id,
            seq: index + 1,
            attempt: 1,
            fence: 1,
            type: 'user',
            created_at: new Date(),
            raw: '{}',
          })),
        );
        await stores.transcripts.put(
          { session_id: session.id, path: 'a.jsonl', generation: 0, offset: 0, fence: 1 },
          Buffer.from('{"a":1}\n'),
        );
        await stores.captures.put(
          { session_id: session.id, root_session_id: session.root_session_id },
          'a'.repeat(64),
          Readable.from([Buffer.from('pack')]),
        );
        await stores.messages.insertIfAbsent({
          id: newId(),
          session_id: session.id,
          root_session_id: session.root_session_id,
          content: 'hello',
          priority: 'next',
        });
      }
      async function keep(session: Session): Promise<void> {
        await stores.sessions.insertIfAbsent(session);
        await write(session);
        await queue.bull.add('launch', { id: session.id }, { jobId: session.id });
      }
      await use({
        deletion: createSessionDeletion({
          stores,
          clock,
          queue: { findAny: queue.findAny, drop, sendControl: queue.sendControl },
          requests: stores.stopRequests,
        }),
        tombstones: stores.tombstones,
        keep,
        write,
        async sweepIsDue(id, fields) {
          await db
            .collection<{ _id: string }>('tombstones')
            .updateOne({ _id: id }, { $set: { sweep_at: new Date(0), ...fields } });
        },
        async keepTree() {
          const root = makeEnded();
          const tree = [root, childOf(root), childOf(root)] as [Session, Session, Session];
          for (const session of tree) await keep(session);
          return tree;
        },
        async count(...sessions) {
          const ids = sessions.map(({ id }) => id);
          const jobs = await Promise.all(ids.map((id) => queue.find(id)));
          const those = { session_id: { $in: ids } };
          return {
            documents: (await stores.sessions.getMany(ids)).length,
            events: await db.collection('events').countDocuments(those),
            chunks: await db.collection('transcripts').countDocuments(those),
            packChunks: await db.collection('captures').countDocuments(those),
            messages: await db.collection('messages').countDocuments(those),
            jobs: jobs.filter((job) => job !== null).length,
          };
        },
        failDropsAfter(drops) {
          dropsLeft = drops;
        },
      });
    },
    { scope: 'file' },
  ],
});

/** The counts that a complete deletion leaves. */
export const NOTHING: Found = {
  documents: 0,
  events: 0,
  chunks: 0,
  packChunks: 0,
  messages: 0,
  jobs: 0,
};

/** Makes a session that ended a while ago. */
export function makeEnded(fields: Partial<Session> = {}): Session {
  const created_at = new Date(Date.now() - 3_600_000);
  return makeCompletedSession({ created_at, last_event_seq: 3, ...fields });
}

/** Makes an ended session that continued this one. */
export function childOf(parent: Session, fields: Partial<Session> = {}): Session {
  const ended = { status: 'completed', end_time: new Date(), last_event_seq: 2 } as const;
  return makeChild(parent, { ...ended, created_at: parent.created_at, ...fields });
}
