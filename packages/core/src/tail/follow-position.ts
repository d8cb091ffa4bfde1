import { AppError } from '../model/errors/app-error.ts';
import { idSchema } from '../model/schema/id.ts';

/** A session as its place in a conversation goes. */
export interface Placed {
  id: string;
  parent_session_id?: string | undefined;
}

/**
 * How far the sessions of a conversation have been sent: `seq` by session. The ancestors of a session in the
 * position were sent wholly; nothing was sent of any other session.
 */
export type FollowPosition = ReadonlyMap<string, number>;

/** The most branches of a conversation that are followed: an event's id names each. */
export const MAX_BRANCHES = 100;

/** The sessions of the position that no other session of the position continues. */
export function getBranches(position: FollowPosition, tree: readonly Placed[]): string[] {
  const continued = new Set(
    tree.filter(({ id }) => position.has(id)).map(({ parent_session_id }) => parent_session_id),
  );
  return [...position.keys()].filter((id) => !continued.has(id));
}

/** The position as an event's id: the event's own session first, then the other branches' last ones. */
export function formatPosition(
  own: string,
  position: FollowPosition,
  tree: readonly Placed[],
): string {
  const others = getBranches(position, tree).filter((id) => id !== own);
  return [own, ...others].map((id) => `${id}:${position.get(id) ?? 0}`).join(',');
}

/** The position that an event's id holds. Throws INVALID_REQUEST. */
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
 * How far each session was sent, by a position: wholly (infinitely far) where a session of the position
 * continues it. Throws INVALID_REQUEST where the position names a session that is not in the tree.
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
    // Each step takes one away, so that a ring of documents ends.
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
