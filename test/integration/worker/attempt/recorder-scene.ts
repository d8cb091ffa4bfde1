// A recorder that works on real stores, without a process of the CLI.
import type { Event, EventStore, OwnedSession, Progress } from '@baton/core/internal';
import type { Db } from 'mongodb';
import { createRecorder, type Recorder } from '../../../../apps/worker/src/attempt/recorder.ts';
import { makeSession } from '../../../support/factories.ts';
import { openStores } from '../../../support/stores.ts';

/** A recorder of a claimed session, and what it reported and stored. */
export interface Scene {
  id: string;
  recorder: Recorder;
  errors: unknown[];
  lost: number;
  cancels: Date[];
  stored(): Promise<Event[]>;
  document(): Promise<Record<string, unknown> & { last_event_seq: number }>;
}

/** Settings of the recorder, and functions that replace methods of its stores. */
interface SceneOptions {
  leaseMs?: number;
  progress?: () => Progress;
  events?: (store: EventStore) => Partial<EventStore>;
  owned?: (owned: OwnedSession) => Partial<OwnedSession>;
}

/** Stores and claims a session, and creates its recorder. */
export async function setScene(db: Db, options: SceneOptions = {}): Promise<Scene> {
  const session = makeSession();
  const { id } = session;
  const stores = openStores(db);
  const leaseMs = options.leaseMs ?? 10_000;
  await stores.sessions.insertIfAbsent(session);
  const claimant = { worker_id: 'w', host: 'h', leaseMs };
  const claim = await stores.claims.claim(id, claimant);
  if (claim.kind !== 'claimed') throw new Error(`expected a claim, got ${claim.kind}`);
  const { attempt, fence } = claim.attempt;
  const owned = stores.owned.open({ id, attempt, fence, leaseMs });
  const sessions = db.collection<{ _id: string; last_event_seq: number }>('sessions');
  const scene = { id, errors: [] as unknown[], lost: 0, cancels: [] as Date[] };
  const recorder = createRecorder({
    owned: { ...owned, ...options.owned?.(owned) },
    events: { ...stores.events, ...options.events?.(stores.events) },
    sessionId: id,
    attempt,
    lastSeq: 0,
    leaseMs,
    progress: options.progress ?? (() => ({})),
    onFenceHeld: ({ cancel_requested_at: at }) => at && scene.cancels.push(at),
    onMustStop: () => {
      scene.lost += 1;
    },
    onError: (error) => scene.errors.push(error),
    giveUp: new AbortController().signal,
  });
  return Object.assign(scene, {
    recorder,
    stored: () =>
      db
        .collection<Event>('events')
        .find({ session_id: id }, { projection: { _id: 0 } })
        .toArray()
        .then((events) => events.sort((a, b) => a.seq - b.seq)),
    document: async () => {
      const found = await sessions.findOne({ _id: id });
      if (!found) throw new Error('expected a document');
      return found as Awaited<ReturnType<Scene['document']>>;
    },
  });
}
