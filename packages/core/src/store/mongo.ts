import { type Binary, type Db, MongoClient } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import type { Event } from '../model/session/event.ts';
import type { Message } from '../model/session/message.ts';
import type { Session } from '../model/session/session.ts';
import type { Delivery } from '../model/webhooks/webhook-delivery.ts';
import { coalesce } from '../runtime/coalesce.ts';
import { withDeadline } from '../runtime/deadline.ts';
import type { ConversationKeyDocument } from './conversation-key-store.ts';
import { ensureFileIndexes } from './file-documents.ts';
import type { TombstoneDocument } from './tombstone-store.ts';

/** How long a call waits for a server, in milliseconds, before it fails. */
const SERVER_SELECTION_TIMEOUT_MS = 5_000;

/** How long a server may take to answer a ping, in milliseconds. */
const PING_TIMEOUT_MS = 5_000;

/**
 * How long a connection may stay silent during a call, in milliseconds. Without this limit, a call
 * on a connection that was dropped silently would never end.
 */
const SOCKET_TIMEOUT_MS = 30_000;

/**
 * How long an unused connection stays open, in milliseconds. A burst of calls opens many
 * connections, and each open connection holds a file descriptor of the host.
 */
const MAX_IDLE_MS = 10_000;

/**
 * A session as it is stored: `_id` is its id, and free JSON is stored as text (session-codec.ts).
 */
export type SessionDocument = Omit<Session, 'id'> & { _id: string };

/**
 * An event as it is stored. Its `_id` orders the events of a session and makes each `seq` unique.
 */
export type EventDocument = Event & { _id: string };

/** Which bytes of one of Claude's own files a chunk has: `bytes` bytes that begin at `offset`. */
interface ChunkRange {
  session_id: string;
  path: string;
  generation: number;
  offset: number;
  bytes: number;
  fence: number;
}

/** A chunk whose bytes are stored in it, compressed. */
export type PlainChunkDocument = ChunkRange & {
  /** The compression: snappy for small chunks, gzip for large chunks. */
  encoding: 'snappy' | 'gzip';
  data: Binary;
};

/** A chunk that refers to a part of its conversation: `part` is the SHA-256 of its bytes. */
type ReferenceChunkDocument = ChunkRange & { part: string };

/**
 * A chunk of one of Claude's own files. Bytes that the manifest counts do not change.
 */
export type ChunkDocument = PlainChunkDocument | ReferenceChunkDocument;

/**
 * A chunk of a part: a long run of base64 in the transcripts of a conversation. `sha256` is the
 * hash of the whole part, and `n` counts its chunks from 0. Stored bytes do not change.
 */
export interface PartChunkDocument {
  root_session_id: string;
  sha256: string;
  n: number;
  /** The number of bytes in the transcript. */
  bytes: number;
  /** How `data` was made from these bytes: compressed, or first decoded and then compressed. */
  encoding: 'gzip' | 'base64+gzip';
  data: Binary;
}

/**
 * A part of a pack, which holds files of a session's workspace. `pack` is the SHA-256 of the whole
 * pack, and `n` counts its parts from 0. Stored bytes do not change.
 */
export interface PackChunkDocument {
  session_id: string;
  root_session_id: string;
  pack: string;
  n: number;
  bytes: number;
  data: Binary;
}

/** A worker as it is stored: `_id` is its id. */
export interface WorkerDocument {
  _id: string;
  host: string;
  work_root: string;
  seen_at: Date;
}

/** A message as it is stored: `_id` is its id. */
export type MessageDocument = Omit<Message, 'id'> & {
  _id: string;
  /** The fence of the attempt that last stored the message as delivered, or as not delivered. */
  decided_by?: number;
  /** Whether a caller took the message off the session's list. Such a message is never delivered. */
  is_withdrawn?: boolean;
};

/** A connection to MongoDB. */
export interface Mongo {
  db: Db;
  /** Resolves if the server answers; throws UNAVAILABLE if it does not answer within seconds. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects lazily, so the server need not be up yet. The URL names the database. If it names no
 * database, Baton uses `baton`. Writes are acknowledged by a majority and journaled, so an
 * acknowledged write survives a crash. Throws INVALID_CONFIG if the driver rejects the URL.
 */
export function connectMongo(url: string): Mongo {
  const { client, db } = open(url);
  const ping = coalesce(
    (what: 'ping') => what,
    async () => {
      try {
        // The driver's `timeoutMS` does not help: in version 7.9 it does not end a command whose
        // connection hangs.
        await withDeadline(PING_TIMEOUT_MS, () => db.command({ ping: 1 }));
      } catch (cause) {
        throw new AppError('UNAVAILABLE', 'MongoDB does not answer; try again later', { cause });
      }
    },
  );
  return {
    db,
    ping: () => ping('ping'),
    close: () => client.close(),
  };
}

function open(url: string): { client: MongoClient; db: Db } {
  try {
    const client = createClient(url);
    return { client, db: client.db(parseDatabaseName(url) || 'baton') };
  } catch (cause) {
    throw new AppError(
      'INVALID_CONFIG',
      'mongodb: expected a MongoDB URL, such as mongodb://host:27017/baton',
      {
        details: { field: 'mongodb' },
        cause,
      },
    );
  }
}

function createClient(url: string): MongoClient {
  return new MongoClient(url, {
    ignoreUndefined: true,
    serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
    socketTimeoutMS: SOCKET_TIMEOUT_MS,
    maxIdleTimeMS: MAX_IDLE_MS,
    writeConcern: { w: 'majority', journal: true },
    retryWrites: false,
  });
}

// `URL` cannot parse these URLs: the address of a replica set lists several hosts.
function parseDatabaseName(url: string): string | undefined {
  return /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]*)/.exec(url)?.[1];
}

/** How long MongoDB keeps a worker that no longer says that it is alive, in seconds. */
const WORKER_LASTS_SECONDS = 3600;

// The indexes with this option hold only sessions that have ended, so that the insert of a new
// session does not have to update them.
const ENDED = { partialFilterExpression: { end_time: { $exists: true } } };

// The index with this option holds only sessions that have a limit.
const LIMITED = { partialFilterExpression: { limits: { $exists: true } } };

// The index with this option holds only sessions of conversations that have a key.
const KEYED = { partialFilterExpression: { conversation_key: { $exists: true } } };

/**
 * Creates the indexes that the queries need. The function may be called again, and by many
 * processes at once.
 */
export async function ensureIndexes(db: Db): Promise<void> {
  await db
    .collection<SessionDocument>('sessions')
    .createIndexes([
      { key: { created_at: -1, _id: -1 } },
      { key: { status: 1, created_at: -1, _id: -1 } },
      { key: { parent_session_id: 1, created_at: -1, _id: -1 } },
      { key: { root_session_id: 1, created_at: -1, _id: -1 } },
      { key: { tags: 1, created_at: -1, _id: -1 } },
      { key: { waiting_for: 1, concurrency_key: 1, created_at: 1, _id: 1 } },
      { key: { waiting_for: 1, limits: 1, created_at: 1, _id: 1 }, ...LIMITED },
      { key: { end_time: 1, _id: 1 }, sparse: true },
      { key: { tags: 1, end_time: 1 }, ...ENDED },
      { key: { api_key_id: 1, end_time: 1 }, ...ENDED },
      { key: { schedule_id: 1, created_at: -1, _id: -1 } },
      { key: { conversation_key: 1, created_at: -1, _id: -1 }, ...KEYED },
      { key: { 'webhooks_due.at': 1 }, sparse: true },
    ]);
  await db
    .collection<TombstoneDocument>('tombstones')
    .createIndexes([
      { key: { root_session_id: 1, state: 1 } },
      { key: { state: 1, sweep_at: 1 } },
      { key: { gone_at: 1 } },
      { key: { 'spent.end_time': 1 } },
    ]);
  await db.collection<ConversationKeyDocument>('conversation_keys').createIndex({ newest: 1 });
  await db
    .collection<ChunkDocument>('transcripts')
    .createIndex({ session_id: 1, path: 1, generation: 1, offset: 1 }, { unique: true });
  await db
    .collection<PartChunkDocument>('transcript_parts')
    .createIndex({ root_session_id: 1, sha256: 1, n: 1 }, { unique: true });
  await db
    .collection<PackChunkDocument>('captures')
    .createIndex({ session_id: 1, pack: 1, n: 1 }, { unique: true });
  await db
    .collection<WorkerDocument>('workers')
    .createIndex({ seen_at: 1 }, { expireAfterSeconds: WORKER_LASTS_SECONDS });
  await db
    .collection<MessageDocument>('messages')
    .createIndexes([
      { key: { session_id: 1, created_at: 1, _id: 1 } },
      { key: { accepting_since: 1 }, sparse: true },
    ]);
  await db
    .collection<Delivery>('webhook_deliveries')
    .createIndexes([
      { key: { webhook_id: 1, created_at: -1, _id: -1 } },
      { key: { status: 1, next_try_at: 1 } },
      { key: { created_at: 1 } },
    ]);
  await ensureFileIndexes(db);
}
