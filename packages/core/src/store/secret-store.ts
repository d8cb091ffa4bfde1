import type { Db } from 'mongodb';
import type { SessionConfig } from '../model/config/session-config.ts';
import type { Schedule, ScheduledLaunch } from '../model/schedules/schedule.ts';
import type { Session } from '../model/session/session.ts';
import type { SessionDocument } from './mongo.ts';
import { decodeProjection, encodeFields } from './session-codec.ts';

/** The fields of a session that the rotation of its secrets needs. */
export type SecretHolder = Pick<
  Session,
  'id' | 'config' | 'root_session_id' | 'parent_session_id' | 'status'
>;

/** Reads and writes the documents that hold secrets, for the rotation of keys. */
export interface SecretStore {
  /** Yields the sessions that may hold secrets. */
  sessions(): AsyncGenerator<SecretHolder>;
  /** Yields the launches of all schedules, with their revisions. */
  launches(): AsyncGenerator<Pick<Schedule, 'id' | 'revision' | 'launch'>>;
  /**
   * Stores a config whose secrets were encrypted again. Nothing else changes a stored config, so
   * the update needs no guard.
   */
  setConfig(id: string, config: SessionConfig): Promise<void>;
  /**
   * Stores a schedule's launch whose secrets were encrypted again. Returns false if the schedule's
   * revision has changed.
   */
  setLaunch(id: string, revision: number, launch: ScheduledLaunch): Promise<boolean>;
}

const HOLDER = { config: 1, root_session_id: 1, parent_session_id: 1, status: 1 } as const;

// The keys of a config that mapSecrets looks into (model/secrets/secret-fields.ts).
const SECRET_KEYS = ['env', 'settings', 'mcp_config', 'agents', 'workspace.credentials'] as const;

// Batches are small, because a config may be a megabyte.
const BATCH = 20;

/** Creates the secret store of a database. */
export function createSecretStore(db: Db): SecretStore {
  const sessions = db.collection<SessionDocument>('sessions');
  const schedules = db.collection<{ _id: string; revision: number; launch: string }>('schedules');
  return {
    async *sessions() {
      const fields = SECRET_KEYS.map((key) => `config.${key}`);
      const cursor = sessions
        .find({ $or: fields.map((field) => ({ [field]: { $exists: true } })) })
        .project<SessionDocument>(HOLDER)
        .batchSize(BATCH);
      for await (const document of cursor) yield decodeProjection(document);
    },
    async *launches() {
      for await (const { _id, revision, launch } of schedules.find({}).batchSize(BATCH)) {
        yield { id: _id, revision, launch: JSON.parse(launch) };
      }
    },
    async setConfig(id, config) {
      await sessions.updateOne({ _id: id }, { $set: encodeFields({ config }) });
    },
    async setLaunch(id, revision, launch) {
      const text = JSON.stringify(launch);
      const { matchedCount } = await schedules.updateOne(
        { _id: id, revision },
        { $set: { launch: text } },
      );
      return matchedCount > 0;
    },
  };
}
