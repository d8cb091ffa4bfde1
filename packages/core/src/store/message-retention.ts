import type { Db } from 'mongodb';
import type { StoreClock } from './clock.ts';
import type { MessageDocument, SessionDocument } from './mongo.ts';

/**
 * How long a message stays without a known acceptance, in milliseconds. No request takes this long.
 */
const UNACCEPTED_MS = 60 * 60_000;

const PAGE = 500;

/** Removes messages that no session accepted, because the process that stored them died. */
export interface MessageRetention {
  /**
   * Looks at the messages whose acceptance has been unknown for an hour, at most 500. Removes the
   * messages that no session accepted, and returns how many it removed.
   */
  removeUnaccepted(): Promise<number>;
}

/** Creates the retention of the messages of a database. */
export function createMessageRetention(db: Db, clock: StoreClock): MessageRetention {
  const messages = db.collection<MessageDocument>('messages');
  const sessions = db.collection<SessionDocument>('sessions');

  async function findPendingIds(sessionIds: readonly string[]): Promise<Set<string>> {
    const found = await sessions
      .find({ _id: { $in: [...new Set(sessionIds)] } })
      .project<Pick<SessionDocument, 'pending_messages'>>({ pending_messages: 1 })
      .toArray();
    return new Set(found.flatMap(({ pending_messages = [] }) => pending_messages).map(toId));
  }

  return {
    async removeUnaccepted() {
      const before = new Date((await clock.now()).getTime() - UNACCEPTED_MS);
      const due = await messages
        .find({ accepting_since: { $lt: before } })
        .sort({ accepting_since: 1 })
        .limit(PAGE)
        .project<Pick<MessageDocument, '_id' | 'session_id'>>({ session_id: 1 })
        .toArray();
      if (due.length === 0) return 0;
      const ids = due.map(({ _id }) => _id);
      const pending = await findPendingIds(due.map(({ session_id }) => session_id));
      // A worker stores `delivered_at`, and a caller `cancelled_at`, before the message leaves the
      // list. So the list must be read before these fields are.
      const unaccepted = {
        _id: { $in: ids.filter((id) => !pending.has(id)) },
        accepting_since: { $lt: before },
        delivered_at: { $exists: false },
        cancelled_at: { $exists: false },
      };
      const { deletedCount } = await messages.deleteMany(unaccepted);
      await messages.updateMany(
        { _id: { $in: ids }, accepting_since: { $lt: before } },
        { $unset: { accepting_since: '' } },
      );
      return deletedCount;
    },
  };
}

function toId({ id }: { id: string }): string {
  return id;
}
