// Finds and stores the newest session of a conversation that has a key.
import { setTimeout as pause } from 'node:timers/promises';
import type { Admission } from '../admission/admission.ts';
import { isAppError } from '../model/errors/app-error.ts';
import type { Job } from '../model/job/job.ts';
import { standingOf } from '../model/session/keyed-launch-plan.ts';
import type { Session } from '../model/session/session.ts';
import type { Adopter } from '../store/adopt.ts';
import type {
  ConversationKeyStore,
  NewestSession,
  TenantKey,
} from '../store/conversation-key-store.ts';
import type { TombstoneStore } from '../store/tombstone-store.ts';

/**
 * How long a process gets to store the session whose id it has stored as the newest, in
 * milliseconds. After that, another process stores the session for it.
 */
const STORING_MS = 1_000;

/** How often a process looks whether the newest session is stored by now, in milliseconds. */
const LOOK_EVERY_MS = 20;

/** The dependencies of the newest sessions. */
export interface NewestSessionsDeps {
  keys: ConversationKeyStore;
  adopter: Pick<Adopter, 'find' | 'adoptKeyed'>;
  tombstones: Pick<TombstoneStore, 'get'>;
  admission: Pick<Admission, 'admit' | 'requestLimits'>;
}

/** The newest sessions of conversations. */
export interface NewestSessions {
  /**
   * Returns the newest session that has not ended or that can be continued. If the newest of all
   * ended without a transcript, looks at the session that it continued, and so on. If all of them
   * did, returns the newest of all. Returns null if there is none, or if the conversation is being
   * deleted.
   */
  findNewest(noted: NewestSession | null): Promise<Session | null>;
  /**
   * Stores the session of the job in `noted`, and admits it if its limits may refuse it. Returns
   * null, and withdraws the session, if the conversation that it should continue was deleted. If the
   * session is refused for another reason, withdraws it and throws.
   */
  store(key: TenantKey, noted: NewestSession & { pending: string }): Promise<Session | null>;
  /**
   * Returns once the newest session is stored or withdrawn. If the process that launched it does not
   * store it in time, stores it instead.
   */
  settle(key: TenantKey, noted: NewestSession): Promise<void>;
}

/** Creates the finder of newest sessions over open stores. */
export function createNewestSessions({
  keys,
  adopter,
  tombstones,
  admission,
}: NewestSessionsDeps): NewestSessions {
  async function store(
    key: TenantKey,
    noted: NewestSession & { pending: string },
  ): Promise<Session | null> {
    let session: Session;
    try {
      session = await adopter.adoptKeyed(JSON.parse(noted.pending) as Job, key.key);
      // Admission may refuse and remove the session. Until then, no session may continue it.
      if (mayBeRefused(session)) session = await admission.admit(session);
    } catch (error) {
      if (!isAppError(error) || error.code === 'UNAVAILABLE') throw error;
      await keys.withdraw(key, noted);
      if (error.code === 'PARENT_NOT_FOUND') return null;
      throw error;
    }
    await keys.settle(key, noted.id);
    return session;
  }

  // A continue by id is stored as the newest just before its document is inserted.
  async function findSoon(id: string): Promise<Session | null> {
    for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
      const session = await adopter.find(id);
      if (session || waitedMs >= STORING_MS || (await tombstones.get(id))) return session;
      await pause(LOOK_EVERY_MS);
    }
  }

  async function isBeingDeleted({ root_session_id }: Session): Promise<boolean> {
    return (await tombstones.get(root_session_id))?.state === 'deleting';
  }

  return {
    store,
    async findNewest(noted) {
      if (!noted) return null;
      const newest =
        (await findSoon(noted.id)) ?? (noted.prior ? await adopter.find(noted.prior) : null);
      if (!newest || (await isBeingDeleted(newest))) return null;
      const seen = new Set<string>();
      for (let session: Session | null = newest; session && !seen.has(session.id); ) {
        if (standingOf(session) !== 'lost') return session;
        seen.add(session.id);
        const parentId: string | undefined = session.parent_session_id;
        session = parentId === undefined ? null : await adopter.find(parentId);
      }
      return newest;
    },
    async settle(key, noted) {
      for (let waitedMs = 0; waitedMs < STORING_MS; waitedMs += LOOK_EVERY_MS) {
        await pause(LOOK_EVERY_MS);
        const now = await keys.get(key);
        if (now?.id !== noted.id || now.pending === undefined) return;
      }
      if (noted.pending === undefined) return;
      const session = await store(key, { ...noted, pending: noted.pending }).catch(
        (error: unknown) => {
          // The refusal concerns the other launch, whose caller got no answer.
          if (isAppError(error) && error.code !== 'UNAVAILABLE') return null;
          throw error;
        },
      );
      if (session) await admission.admit(session);
    },
  };
}

function mayBeRefused({ waiting_for, on_limit }: Session): boolean {
  return waiting_for === 'budget' && on_limit !== 'wait';
}
