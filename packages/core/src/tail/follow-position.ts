import { AppError } from '../model/errors/app-error.ts';
import { idSchema } from '../model/schema/id.ts';

/** The fields that determine a session's place in a conversation. */
export interface Placed {
  id: string;
  parent_session_id?: string | undefined;
}

/**
 * How far the sessions of a conversation have been sent: the last sent `seq`, by session id. All
 * events of the ancestors of these sessions were sent. No events of any other session were sent.
 */
export type FollowPosition = ReadonlyMap<string, number>;

/**
 * The maximum number of branches of a conversation that a reader can follow. It is bounded because
 * an event's id names every branch.
 */
export const MAX_BRANCHES = 100;

/** Returns the sessions of the position that no other session of the position continues. */
export function getBranches(position: FollowPosition, tree: readonly Placed[]): string[] {
  const continued = new Set(
    tree.filter(({ id }) => position.has(id)).map(({ parent_session_id }) => parent_session_id),
  );
  return [...position.keys()].filter((id) => !continued.has(id));
}

/**
 * Returns the position as an event's id: first the event's own session, then the last session of
 * each other branch.
 */
export function formatPosition(
  own: string,
  position: FollowPosition,
  tree: readonly Placed[],
): string {
  const others = getBranches(position, tree).filter((id) => id !== own);
  return [own, ...others].map((id) => `${id}:${position.get(id) ?? 0}`).join(',');
}

/** Parses the position in an event's id. Throws INVALID_REQUEST if the text is not a position. */
export function parsePosition(text: string): FollowPosition {
  const entries = text.split(',').map((entry): [string, number] => {
    const [, id, seq] = /^([^:]+):(\d{1,10})$/.exec(entry) ?? [];
    if (!idSchema.safeParse(id).success) throw badPosition();
    return [id ?? '', Number(seq)];
  });
  if (entries.length > MAX_BRANCHES) throw badPosition();
  return new Map(entries);
}

/**
 * Returns the last sent `seq` of each session, according to a position. The `seq` is infinite for
 * the ancestors of the position's sessions, because all events of the ancestors were sent. Throws
 * INVALID_REQUEST if the position names a session that is not in the tree.
 */
export function expandPosition(
  position: FollowPosition,
  tree: readonly Placed[],
): Map<string, number> {
  const byId = new Map(tree.map((placed) => [placed.id, placed]));
  const expanded = new Map<string, number>(position);
  for (const id of position.keys()) {
    let session = byId.get(id);
    if (!session) throw badPosition();
    // Each step removes a session from `left`, so the loop ends even if documents form a ring.
    for (const left = new Map(byId); session; ) {
      left.delete(session.id);
      session = left.get(session.parent_session_id ?? '');
      if (session) expanded.set(session.id, Number.POSITIVE_INFINITY);
    }
  }
  return expanded;
}

function badPosition(): AppError {
  return new AppError(
    'INVALID_REQUEST',
    'last-event-id: expected the id of an event of this stream',
    { details: { field: 'last-event-id' } },
  );
}
