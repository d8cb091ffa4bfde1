// Accepts and withdraws messages. Each is one guarded update of the session, so it cannot race with
// the end of the session or with the worker that sends the message.
import type { Db, Filter } from 'mongodb';
import { FILES_FEATURE, MESSAGES_FEATURE } from '../model/config/required-features.ts';
import {
  findMessageRefusal,
  type MessageRefusal,
  PENDING_MAX_BYTES,
  PENDING_MAX_MESSAGES,
  type PendingMessage,
} from '../model/session/pending-message.ts';
import { isTerminal, LIVE_STATUSES } from '../model/session/status.ts';
import type { StoreClock } from './clock.ts';
import type { SessionDocument } from './mongo.ts';

/** What became of a message: its session accepted it, or refused it for this reason. */
export type MessageVerdict = { kind: 'accepted' } | MessageRefusal;

/**
 * What became of a withdrawal. `sent`: a worker has marked the message as sent. `absent`: the
 * message is not pending. `ended`: the session has ended, so the message stays undelivered.
 */
export type Withdrawal = 'withdrawn' | 'sent' | 'absent' | 'ended';

/** A message as it is added to the list. `hasBlocks`: only a worker that knows content may deliver it. */
type NewPending = Pick<PendingMessage, 'id' | 'bytes' | 'priority'> & { hasBlocks?: boolean };

/** The guarded updates that add a message to a session's pending messages, or take it off. */
export interface MessageAcceptance {
  /**
   * Adds a message to the pending messages of a session that has not ended, within the bounds of
   * `PENDING_MAX_MESSAGES` and `PENDING_MAX_BYTES`. With `acceptedBefore`, the update succeeds only
   * if the session has accepted exactly this number of messages since it was created.
   */
  accept(sessionId: string, message: NewPending, acceptedBefore?: number): Promise<MessageVerdict>;
  /** Takes a message off the pending messages, unless it was sent or the session has ended. */
  withdraw(sessionId: string, messageId: string): Promise<Withdrawal>;
}

/**
 * How often `accept` tries again. It tries again if the session refused the message, but the reason
 * was gone when it was read.
 */
const MAX_ROUNDS = 5;

const HOLDER = { status: 1, pending_messages: 1, messages_accepted: 1, lease: 1 } as const;

/** Creates the acceptance of messages over the sessions of a database. */
export function createMessageAcceptance(db: Db, clock: StoreClock): MessageAcceptance {
  const collection = db.collection<SessionDocument>('sessions');

  const read = (id: string) => collection.findOne({ _id: id }, { projection: HOLDER });

  async function push(
    sessionId: string,
    { hasBlocks = false, ...message }: NewPending,
    acceptedBefore: number | undefined,
  ): Promise<boolean> {
    const { matchedCount } = await collection.updateOne(
      {
        _id: sessionId,
        status: { $in: [...LIVE_STATUSES] },
        'pending_messages.id': { $ne: message.id },
        [`pending_messages.${PENDING_MAX_MESSAGES - 1}`]: { $exists: false },
        ...hasRoomFor(message.bytes),
        ...reachesOwner(hasBlocks),
        ...hasAccepted(acceptedBefore),
      },
      {
        $push: { pending_messages: message },
        $inc: { messages_accepted: 1 },
        $addToSet: {
          requires: { $each: hasBlocks ? [MESSAGES_FEATURE, FILES_FEATURE] : [MESSAGES_FEATURE] },
        },
        $set: { updated_at: await clock.now() },
      },
    );
    return matchedCount > 0;
  }

  return {
    async accept(sessionId, message, acceptedBefore) {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        if (await push(sessionId, message, acceptedBefore)) return { kind: 'accepted' };
        // The reason may be gone by now, for example because the worker delivered a message.
        const refusal = findMessageRefusal(await read(sessionId), message, acceptedBefore);
        if (refusal) return refusal;
      }
      return { kind: 'raced' };
    },
    async withdraw(sessionId, messageId) {
      const { matchedCount } = await collection.updateOne(
        {
          _id: sessionId,
          status: { $in: [...LIVE_STATUSES] },
          pending_messages: { $elemMatch: { id: messageId, sent_by: { $exists: false } } },
        },
        {
          $pull: { pending_messages: { id: messageId } },
          $set: { updated_at: await clock.now() },
        },
      );
      if (matchedCount > 0) return 'withdrawn';
      const session = await read(sessionId);
      if (!session?.pending_messages?.some(({ id }) => id === messageId)) return 'absent';
      return isTerminal(session.status) ? 'ended' : 'sent';
    },
  };
}

// `$sum` over the path `$pending_messages.bytes` would be shorter, but the servers that development
// uses (docs/dev-services.md) take that sum for zero.
function hasRoomFor(bytes: number): Filter<SessionDocument> {
  const pending = { $ifNull: ['$pending_messages', []] };
  const add = { $add: ['$$value', '$$this.bytes'] };
  const held = { $reduce: { input: pending, initialValue: bytes, in: add } };
  return { $expr: { $lte: [held, PENDING_MAX_BYTES] } };
}

// A worker of an older version does not know messages, and would complete the session without them; or it knows texts
// only, and would deliver a message without its pictures.
function reachesOwner(hasBlocks: boolean): Filter<SessionDocument> {
  const takes = hasBlocks ? { 'lease.takes_content': true } : { 'lease.takes_messages': true };
  return { $or: [{ status: 'queued' }, takes] };
}

function hasAccepted(count: number | undefined): Filter<SessionDocument> {
  if (count === undefined) return {};
  return { messages_accepted: count === 0 ? { $exists: false } : count };
}
