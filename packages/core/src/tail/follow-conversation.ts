import { isTerminal } from '../model/session/status.ts';
import type { SessionHead } from '../store/session-heads.ts';
import { createEventReader } from './event-reader.ts';
import {
  branchesOf,
  type FollowPosition,
  formatPosition,
  MAX_BRANCHES,
  toldSoFar,
} from './follow-position.ts';
import {
  isReadToEnd,
  type Look,
  runTail,
  type TailDeps,
  type TailItem,
  type TailOf,
} from './tail-loop.ts';

/** The most sessions of a conversation that are looked at; later ones are not followed. */
const MAX_SESSIONS = 5_000;

/** Where a reader of a conversation begins: at a session's `seq`, or after an event that it was told. */
export type FollowFrom = { after: number } | { position: FollowPosition };

/**
 * How far the reader has each session of a conversation; null where a position lies beyond a session's events:
 * the position is of an earlier session of the same id. Throws INVALID_REQUEST where `from` is a position elsewhere.
 */
export async function toldFrom(
  { heads }: Pick<TailDeps, 'heads'>,
  of: TailOf,
  from: FollowFrom,
): Promise<Map<string, number> | null> {
  if ('after' in from) return new Map(from.after > 0 ? [[of.id, from.after]] : []);
  const tree = await heads.tree(of, MAX_SESSIONS);
  const told = toldSoFar(from.position, tree);
  return tree.some((head) => (from.position.get(head.id) ?? 0) > head.last_event_seq) ? null : told;
}

/**
 * The events of a session and of all that continue it, but those `told` already: those there are and
 * those to come, a session's in order and after all of the session that it continues, branches side by
 * side. Ends once all have ended and were told. An event's id is a position (follow-position.ts).
 */
export function followConversation(
  deps: TailDeps,
  of: TailOf,
  { told: before, signal }: { told: ReadonlyMap<string, number>; signal: AbortSignal },
): AsyncGenerator<TailItem> {
  const reader = createEventReader(deps.events);
  const told = new Map(before);
  let madeAt = of.created_at?.getTime();

  /** What there is of the conversation; nothing where it was deleted, also where it was made again since. */
  async function lookUp(): Promise<SessionHead[]> {
    const tree = await deps.heads.tree(of, MAX_SESSIONS);
    const own = tree.find(({ id }) => id === of.id)?.created_at.getTime();
    madeAt ??= own;
    return own === madeAt ? tree : [];
  }

  async function look(): Promise<Look> {
    const tree = await lookUp();
    const heads = new Map(tree.map((head) => [head.id, head]));
    const seqOf = ({ id }: SessionHead) => told.get(id) ?? 0;
    const isWhollyTold = (head: SessionHead | undefined) => !head || isReadToEnd(head, seqOf(head));

    // Whose turn it is: a page each, so that no branch waits for the end of another.
    let queue = tree;

    function mayBegin({ id, parent_session_id }: SessionHead): boolean {
      if (id === of.id || told.has(id)) return true;
      if (!isWhollyTold(heads.get(parent_session_id ?? ''))) return false;
      const branches = branchesOf(told, tree);
      return branches.length < MAX_BRANCHES || branches.includes(parent_session_id ?? '');
    }

    async function more(): Promise<TailItem | null> {
      const head = queue.find((one) => seqOf(one) < one.last_event_seq && mayBegin(one));
      if (!head) return null;
      queue = [...queue.filter((one) => one !== head), head];
      const page = await reader.read(head.id, seqOf(head), head.last_event_seq);
      const events = page.map((event) => {
        told.set(head.id, event.seq);
        return { id: formatPosition(head.id, told, tree), event };
      });
      if (events.length > 0) return { kind: 'events', events };
      queue = queue.filter((one) => one !== head);
      // They are gone, and will not come back.
      if (isTerminal(head.status)) told.set(head.id, head.last_event_seq);
      return more();
    }

    const isOver = () => tree.every((head) => isTerminal(head.status) && !couldTell(head));
    const couldTell = (head: SessionHead) => seqOf(head) < head.last_event_seq && mayBegin(head);
    const last = tree.at(-1);
    return {
      more,
      get end(): TailItem | null {
        if (!isOver()) return null;
        const { id = of.id, status = 'deleted', last_event_seq = 0 } = last ?? {};
        return { kind: 'end', session_id: id, status, last_event_seq };
      },
      hear(news) {
        const head = heads.get(news.id);
        if (!head) return heads.has(news.parent_session_id ?? '') ? 'look' : 'nothing';
        if (news.status !== head.status) return 'look';
        // As in tail-session.ts: what a word tells of is committed.
        head.last_event_seq = Math.max(head.last_event_seq, news.last_event_seq);
        return head.last_event_seq > seqOf(head) ? 'more' : 'nothing';
      },
      isAtHead(id) {
        const head = heads.get(id);
        return head !== undefined && seqOf(head) >= head.last_event_seq;
      },
    };
  }

  return runTail(deps, of, look, signal);
}
