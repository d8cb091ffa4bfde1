import { isTerminal } from '../model/session/status.ts';
import type { SessionHead } from '../store/session-heads.ts';
import { createEventReader } from './event-reader.ts';
import {
  expandPosition,
  type FollowPosition,
  formatPosition,
  getBranches,
  MAX_BRANCHES,
} from './follow-position.ts';
import {
  isReadToEnd,
  runTail,
  type Snapshot,
  type TailDeps,
  type TailItem,
  type TailOf,
} from './tail-loop.ts';

/** The maximum number of sessions of a conversation that a reader can follow. */
const MAX_SESSIONS = 5_000;

/**
 * Where a reader of a conversation begins: after a `seq` of its session, or after an event that it
 * has received.
 */
export type FollowFrom = { after: number } | { position: FollowPosition };

/**
 * Returns the last `seq` of each session that the reader has received. Returns null if a position
 * lies beyond a session's events, because such a position comes from an earlier session with the
 * same id. Throws INVALID_REQUEST if `from` is not a position in this conversation.
 */
export async function resolveFollowFrom(
  { heads }: Pick<TailDeps, 'heads'>,
  of: TailOf,
  from: FollowFrom,
): Promise<Map<string, number> | null> {
  if ('after' in from) return new Map(from.after > 0 ? [[of.id, from.after]] : []);
  const tree = await heads.tree(of, MAX_SESSIONS);
  const sent = expandPosition(from.position, tree);
  return tree.some((head) => (from.position.get(head.id) ?? 0) > head.last_event_seq) ? null : sent;
}

/**
 * Yields the events of a session and of all sessions that continue it: first the stored events,
 * then new ones. Skips the events that `sent` covers. The events of a session come in order, after
 * the events of its parent. The events of different branches are interleaved. Ends once all
 * sessions have ended and all events were sent. An event's id is a position (follow-position.ts).
 */
export function followConversation(
  deps: TailDeps,
  of: TailOf,
  { sent: before, signal }: { sent: ReadonlyMap<string, number>; signal: AbortSignal },
): AsyncGenerator<TailItem> {
  const reader = createEventReader(deps.events);
  const sent = new Map(before);
  let madeAt = of.created_at?.getTime();

  /**
   * Returns the sessions to follow. Returns an empty list if the session was deleted, even if a new
   * session now has its id.
   */
  async function readTree(): Promise<SessionHead[]> {
    const tree = await deps.heads.tree(of, MAX_SESSIONS);
    const own = tree.find(({ id }) => id === of.id)?.created_at.getTime();
    madeAt ??= own;
    return own === madeAt ? tree : [];
  }

  async function takeSnapshot(): Promise<Snapshot> {
    const tree = await readTree();
    const heads = new Map(tree.map((head) => [head.id, head]));
    const seqOf = ({ id }: SessionHead) => sent.get(id) ?? 0;
    const isDone = (head: SessionHead | undefined) => !head || isReadToEnd(head, seqOf(head));

    // The sessions take turns in this order, one page each, so that no branch waits until another
    // branch ends.
    let queue = tree;

    function mayBegin({ id, parent_session_id }: SessionHead): boolean {
      if (id === of.id || sent.has(id)) return true;
      if (!isDone(heads.get(parent_session_id ?? ''))) return false;
      const branches = getBranches(sent, tree);
      return branches.length < MAX_BRANCHES || branches.includes(parent_session_id ?? '');
    }

    async function more(): Promise<TailItem | null> {
      const head = queue.find((one) => seqOf(one) < one.last_event_seq && mayBegin(one));
      if (!head) return null;
      queue = [...queue.filter((one) => one !== head), head];
      const page = await reader.read(head.id, seqOf(head), head.last_event_seq);
      const events = page.map((event) => {
        sent.set(head.id, event.seq);
        return { id: formatPosition(head.id, sent, tree), event };
      });
      if (events.length > 0) return { kind: 'events', events };
      queue = queue.filter((one) => one !== head);
      // If the session has ended, its missing events were deleted, so they count as sent.
      if (isTerminal(head.status)) sent.set(head.id, head.last_event_seq);
      return more();
    }

    const isOver = () => tree.every((head) => isTerminal(head.status) && !hasMore(head));
    const hasMore = (head: SessionHead) => seqOf(head) < head.last_event_seq && mayBegin(head);
    const last = tree.at(-1);
    return {
      more,
      get end(): TailItem | null {
        if (!isOver()) return null;
        const { id = of.id, status = 'deleted', last_event_seq = 0 } = last ?? {};
        return { kind: 'end', session_id: id, status, last_event_seq };
      },
      onChange(change) {
        const head = heads.get(change.id);
        if (!head) return heads.has(change.parent_session_id ?? '') ? 'stale' : 'nothing';
        if (change.status !== head.status) return 'stale';
        // A message is published after its events are committed, so this tail can read the events
        // without a new snapshot (tail-session.ts does the same).
        head.last_event_seq = Math.max(head.last_event_seq, change.last_event_seq);
        return head.last_event_seq > seqOf(head) ? 'more' : 'nothing';
      },
      isAtHead(id) {
        const head = heads.get(id);
        return head !== undefined && seqOf(head) >= head.last_event_seq;
      },
    };
  }

  return runTail(deps, of, takeSnapshot, signal);
}
