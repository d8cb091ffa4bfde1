import { defined } from '../model/schema/defined.ts';
import type { PendingMessage } from '../model/session/pending-message.ts';
import type { FencedAttempt, GuardedWriter, OwnerNews } from './guarded-writer.ts';

/** The writes of an attempt about the messages that its session still has to deliver. */
export interface OwnedMessages {
  /**
   * Marks pending messages as sent by this attempt, so that no caller can take them back. With
   * `later`, marks all of them; otherwise leaves out the messages with the priority `later`.
   * Resolves to all pending messages, or to null if there is none or the attempt no longer holds
   * the session.
   */
  claimMessages(options: { later: boolean }): Promise<PendingMessage[] | null>;
  /**
   * Removes the marks of `claimMessages`. Call it when no process of this attempt has the messages.
   * Resolves to null if there is no message or the attempt no longer holds the session.
   */
  releaseMessages(): Promise<OwnerNews | null>;
  /**
   * Removes messages from the pending messages, because their documents are missing and nothing can
   * be delivered. Resolves to null if the attempt no longer holds the session.
   */
  dropMessages(ids: readonly string[]): Promise<OwnerNews | null>;
  /**
   * Makes messages pending again, ahead of the other pending messages. Call it for messages that an
   * earlier attempt delivered and that the transcript does not hold. Leaves messages alone that are
   * pending already. Resolves to null if the attempt no longer holds the session.
   */
  requeueMessages(messages: readonly PendingMessage[]): Promise<OwnerNews | null>;
}

/** Creates the writes about the messages of an attempt's session. */
export function createOwnedMessages(
  { write, leaseFields }: GuardedWriter,
  { fence }: FencedAttempt,
): OwnedMessages {
  return {
    async claimMessages({ later }) {
      const held = await write(
        ['starting', 'running'],
        (now) => ({
          $set: { ...leaseFields(now), 'pending_messages.$[other].sent_by': fence },
        }),
        { 'pending_messages.0': { $exists: true } },
        {
          arrayFilters: [
            {
              'other.sent_by': { $ne: fence },
              ...defined({ 'other.priority': later ? undefined : { $ne: 'later' } }),
            },
          ],
        },
      );
      return held?.pending_messages ?? null;
    },
    releaseMessages: () =>
      write(
        ['starting', 'running'],
        (now) => ({
          $set: leaseFields(now),
          $unset: { 'pending_messages.$[].sent_by': '' },
        }),
        { 'pending_messages.0': { $exists: true } },
      ),
    dropMessages: (ids) =>
      write(['starting', 'running'], (now) => ({
        $set: leaseFields(now),
        $pull: { pending_messages: { id: { $in: [...ids] } } },
      })),
    async requeueMessages(messages) {
      let news: OwnerNews | null = null;
      for (const message of messages.toReversed()) {
        news = await write(
          ['starting', 'running'],
          (now) => ({
            $set: leaseFields(now),
            $push: { pending_messages: { $each: [message], $position: 0 } },
          }),
          { 'pending_messages.id': { $ne: message.id } },
        );
        // No match: the message is pending already, or another worker holds the session.
        news ??= await write(['starting', 'running'], (now) => ({ $set: leaseFields(now) }));
        if (news === null) return null;
      }
      return news ?? {};
    },
  };
}
