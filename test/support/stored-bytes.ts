import type { Session } from '@baton/core/internal';
import type { Db } from 'mongodb';

/** Returns how many bytes of transcript are stored for a session, counted before compression. */
export async function storedBytes(db: Db, session: Session): Promise<number> {
  const chunks = await db
    .collection<{ bytes: number }>('transcripts')
    .find({ session_id: session.id })
    .toArray();
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0);
}
