// Captures and restores a directory as a worker does, with the packs in MongoDB, but without a session.
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createCaptureStore, type Mongo, newId, type PackRef } from '@baton/core/internal';
import { followPacks } from '../../apps/worker/src/attempt/capture-packs.ts';
import {
  type CaptureEngine,
  type CaptureRequest,
  createCaptureEngine,
} from '../../apps/worker/src/capture/capture-engine.ts';
import { fetchPacks } from '../../apps/worker/src/workspace/fetch-packs.ts';

/** The newest capture of a workspace. */
export interface StoredCapture {
  commit: string;
  packs: PackRef[];
}

/** One attempt of a session that captures a workspace. */
export interface StoredAttempt {
  /** Captures the files and stores the pack. */
  capture(): Promise<void>;
  /** Captures the files for the last time, drops the packs that are not needed, and returns the newest capture. */
  finish(): Promise<StoredCapture>;
}

/** A store of captures of one conversation. */
export interface StoredWorkspace {
  /** Starts an attempt of a new session that continues with an earlier capture. */
  begin(shadow: string, tree: string, from: StoredCapture | null): StoredAttempt;
  /** Restores a capture into a new directory, from packs in MongoDB alone if the shadow folder is new. */
  restore(shadow: string, target: string, capture: StoredCapture): Promise<void>;
  /** Returns how many bytes MongoDB holds of this conversation. */
  storedBytes(): Promise<number>;
  /** Ends the engine, and removes everything from MongoDB. */
  close(): Promise<void>;
}

const LIMITS = { maxBytes: 2 ** 40, maxFiles: 1_000_000 };
const SECRETS = ['sk-ant-not-a-real-key-0123456789'];

/** Creates a store with an engine of its own. */
export function createStoredWorkspace(mongo: Mongo): StoredWorkspace {
  const captures = createCaptureStore(mongo.db);
  const collection = mongo.db.collection<{ root_session_id: string; bytes: number }>('captures');
  const engine = createCaptureEngine({ path: process.env['PATH'] ?? '' });
  const root = newId();

  return {
    begin: (shadow, tree, from) => beginAttempt({ shadow, tree, from, root, engine, captures }),
    async restore(shadow, target, capture) {
      await fetchPacks({ captures, engine }, shadow, capture);
      await engine.restore({ shadow, commit: capture.commit, target, tree: target });
    },
    async storedBytes() {
      const chunks = await collection.find({ root_session_id: root }).toArray();
      return chunks.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    async close() {
      await engine.close();
      await collection.deleteMany({ root_session_id: root });
    },
  };
}

function beginAttempt({
  shadow,
  tree,
  from,
  root,
  engine,
  captures,
}: {
  shadow: string;
  tree: string;
  from: StoredCapture | null;
  root: string;
  engine: CaptureEngine;
  captures: ReturnType<typeof createCaptureStore>;
}): StoredAttempt {
  const session = newId();
  let newest = from;
  const start = from && {
    ...from,
    taken_at: new Date(0),
    attempt: 1,
    files: 0,
    bytes: 0,
    left_out: 0,
    transcript: [],
  };
  const packs = followPacks(start ?? undefined);

  async function capture(isLast: boolean): Promise<void> {
    const request: CaptureRequest = {
      tree,
      shadow,
      ...packs.next(isLast),
      include: [],
      secrets: SECRETS,
      ...LIMITS,
    };
    const result = await engine.capture(request);
    if (result.kind === 'too_large') throw new Error(`the ${result.limit} of ${tree} are too many`);
    if (result.kind === 'unchanged') return;
    const { id, bytes, file } = result.pack;
    await captures.put({ session_id: session, root_session_id: root }, id, createReadStream(file));
    await rm(file);
    const refs = packs.add(
      result.commit,
      { session_id: session, id, bytes },
      result.isSelfContained,
    );
    newest = { commit: result.commit, packs: refs };
  }

  return {
    capture: () => capture(false),
    async finish() {
      await capture(true);
      await engine.release(shadow);
      await captures.removePacks(session, packs.unneeded());
      if (newest === null) throw new Error(`expected files in ${tree}`);
      return newest;
    },
  };
}
