import type { LivePublisher, OwnedSession, Progress, Session } from '@baton/core/internal';

/**
 * Returns `owned` with publishing: each write that MongoDB acknowledged sends at most one message
 * to the live channel.
 */
export function withPublishing(
  owned: OwnedSession,
  session: Session,
  live: Pick<LivePublisher, 'statusChanged' | 'progressed'>,
): OwnedSession {
  let { status, last_event_seq } = session;

  function publish(to: Session['status'], seq: number | undefined): void {
    const hasNewEvents = seq !== undefined && seq > last_event_seq;
    const hasNewStatus = to !== status;
    status = to;
    last_event_seq = Math.max(last_event_seq, seq ?? 0);
    const published = { ...session, status, last_event_seq };
    if (hasNewStatus) live.statusChanged(published);
    else if (hasNewEvents) live.progressed(published);
  }

  return {
    ...owned,
    async markRunning(facts) {
      const held = await owned.markRunning(facts);
      if (held) publish('running', facts.last_event_seq);
      return held;
    },
    async commit(progress: Progress) {
      const held = await owned.commit(progress);
      if (held) publish(status, progress.last_event_seq);
      return held;
    },
    async conclude(to, ending, attempt, options) {
      const held = await owned.conclude(to, ending, attempt, options);
      if (held && held !== 'pending') publish(to, ending.last_event_seq);
      return held;
    },
    async returnToQueue(back, attempt) {
      const to = await owned.returnToQueue(back, attempt);
      if (to) publish(to, undefined);
      return to;
    },
  };
}
