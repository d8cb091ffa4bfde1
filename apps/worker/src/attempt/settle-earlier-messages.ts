// Brings the messages that callers sent to a session in line with the restored transcript.
import {
  claudeIdOf,
  type DeliveredMessage,
  type Message,
  messageBytes,
  messageLine,
  type PendingMessage,
  type Session,
} from '@baton/core/internal';
import { parseLine } from '../claude/line.ts';
import { asUserBlocks } from '../claude/prompt-text.ts';
import type { Restored } from '../transcript/restore.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** What the restored transcript says about a session's messages. */
export interface EarlierMessages {
  /**
   * Messages that an earlier attempt delivered, and that were lost with it. Baton sends them again.
   */
  lost: string[];
  /**
   * Messages that are still pending although the transcript holds them. They count as delivered.
   */
  found: string[];
}

/**
 * Compares a session's messages with its restored transcript. `superseded` are the ranges of events
 * that no longer count, and `cutIds` are the ids that were cut from the transcript. A message that an
 * earlier attempt delivered is lost if the transcript does not hold it, and if its event no longer
 * counts or it was cut.
 */
export function compareMessages(
  delivered: readonly DeliveredMessage[],
  pending: readonly PendingMessage[],
  { uuids, cutIds, superseded }: Pick<Restored, 'uuids' | 'cutIds'> & Pick<Session, 'superseded'>,
): EarlierMessages {
  const isSuperseded = supersededBy(superseded);
  return {
    lost: delivered
      .filter(({ id, seq = 0 }) => !uuids.has(id) && (isSuperseded(seq) || cutIds.has(id)))
      .map(({ id }) => id),
    found: pending.filter(({ id }) => uuids.has(id)).map(({ id }) => id),
  };
}

function supersededBy(ranges: Session['superseded']): (seq: number) => boolean {
  return (seq) => ranges?.some(({ from, to }) => from <= seq && seq <= to) === true;
}

/**
 * Makes lost messages pending again, and stores found messages as delivered. Resolves to the
 * messages that are pending then, or to null if the attempt must not write any more.
 */
export async function settleEarlierMessages(
  context: AttemptContext,
  { history, restored }: Prepared,
): Promise<readonly PendingMessage[] | null> {
  const { deps, session, owned, recorder, relay, writeOptions } = context;
  const { pending_messages: pending = [] } = session;
  if (!session.messages_accepted || session.attempts.length <= 1) return pending;
  const { messages } = deps.stores;
  const superseded = history.amends.superseded ?? session.superseded;
  const compared = await writeUntilAcknowledged(async () => {
    const delivered = await messages.listDelivered(session.id);
    return compareMessages(delivered, pending, { ...restored, superseded });
  }, writeOptions);
  if (!compared) return null;
  const { lost, found } = compared;
  const shown = await writeUntilAcknowledged(
    () => findEvents(context, found, supersededBy(superseded)),
    writeOptions,
  );
  // A message leaves the list only when the event that shows it is stored.
  if (!shown || !(await recorder.flush())) return null;
  const settled = await writeUntilAcknowledged(async () => {
    const again = (await messages.getMany(lost)).map(toPending);
    if (again.length > 0 && !(await owned.requeueMessages(again))) return null;
    await messages.setUndelivered(lost, owned.fence);
    await messages.setDelivered(shown, owned.fence);
    // If the session already has its answer, that answer covers these messages, so it stays stored.
    const last_result = history.answer ?? null;
    if (found.length > 0 && !(await owned.commit({ delivered: found, last_result }))) return null;
    return [...pending.filter(({ id }) => !found.includes(id)), ...again];
  }, writeOptions);
  relay.pendingChanged(settled ?? []);
  return settled;
}

function toPending(message: Message): PendingMessage {
  const { id, priority } = message;
  return { id, bytes: messageBytes(message), priority };
}

// A page is held in memory, and each of its lines may be 1 MiB long.
const PAGE = 50;

/**
 * Returns each message with the number of the event that shows it. If the earlier attempt died
 * before it recorded a message, the message is recorded now.
 */
async function findEvents(
  context: AttemptContext,
  ids: readonly string[],
  isSuperseded: (seq: number) => boolean,
): Promise<DeliveredMessage[]> {
  const { deps, session, recorder, relay } = context;
  const seqs = new Map<string, number>();
  for (let upTo = recorder.seq; upTo > 0 && seqs.size < ids.length; upTo -= PAGE) {
    const after = Math.max(0, upTo - PAGE);
    const page = await deps.stores.events.page({
      sessionId: session.id,
      after,
      upTo,
      limit: PAGE,
    });
    for (const event of page.reverse()) {
      const isShown = event.subtype === 'message' && !isSuperseded(event.seq);
      const line = isShown ? parseLine(event.raw) : null;
      const uuid = line?.kind === 'event' ? line.uuid : undefined;
      if (uuid && ids.includes(uuid) && !seqs.has(uuid)) seqs.set(uuid, event.seq);
    }
  }
  const hidden = await deps.stores.messages.getMany(ids.filter((id) => !seqs.has(id)));
  for (const { id, content, blocks } of hidden) {
    const shown = blocks ? asUserBlocks(blocks) : relay.textOf(content);
    const raw = deps.masker.line(messageLine(claudeIdOf(session), shown, id));
    const line = { type: 'user', subtype: 'message', raw, bytes: Buffer.byteLength(raw) };
    await recorder.record(line);
    seqs.set(id, recorder.seq);
  }
  return [...seqs].map(([id, seq]) => ({ id, seq }));
}
