// Writes to the stores as a worker does, so that tests of readers need no worker.
import type { Event, LivePublisher, Session, Stores } from '@baton/core/internal';
import { withPublishing } from '../../apps/worker/src/attempt/publish-writes.ts';

/** A claimed session, and the writes of its owner. */
export interface Writing {
  session: Session;
  /** Inserts and commits `count` more events, each with `bytes` bytes of text. */
  write(count: number, bytes?: number): Promise<void>;
  complete(): Promise<void>;
}

/** A publisher that publishes nothing. */
export const NOT_PUBLISHED: LivePublisher = { statusChanged() {}, progressed() {}, partials() {} };

/** Claims a queued session in these stores. The writes of its owner are published to `live`. */
export async function claimAndWrite(
  { claims, events, owned: ownedSessions }: Pick<Stores, 'claims' | 'events' | 'owned'>,
  id: string,
  live: LivePublisher,
): Promise<Writing> {
  const claimant = { worker_id: 'worker-1', host: 'host-1', leaseMs: 60_000 };
  const claim = await claims.claim(id, claimant);
  if (claim.kind !== 'claimed') throw new Error(`the claim found ${claim.kind}`);
  const { session, attempt } = claim;
  const fenced = { id, attempt: attempt.attempt, fence: attempt.fence, leaseMs: 60_000 };
  const owned = withPublishing(ownedSessions.open(fenced), session, live);
  live.statusChanged(session);
  let seq = session.last_event_seq;
  return {
    session,
    async write(count, bytes = 0) {
      const batch = Array.from(
        { length: count },
        (_, index): Event => ({
          session_id: id,
          seq: seq + index + 1,
          attempt: attempt.attempt,
          fence: attempt.fence,
          type: 'assistant',
          created_at: new Date(),
          raw: JSON.stringify({ type: 'assistant', text: 'x'.repeat(bytes) }),
        }),
      );
      seq += count;
      await events.insert(batch);
      if (!(await owned.commit({ last_event_seq: seq }))) throw new Error('the fence is lost');
    },
    async complete() {
      await owned.conclude('completed', {}, { outcome: 'completed' });
    },
  };
}
