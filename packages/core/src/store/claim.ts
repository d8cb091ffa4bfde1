import type { Db } from 'mongodb';
import type { Attempt, Session } from '../model/session.ts';
import { isTerminal } from '../model/status.ts';
import type { StoreClock } from './clock.ts';
import { decodeSession } from './free-json.ts';
import type { SessionDocument } from './mongo.ts';

/** Who claims: a worker process. `leaseMs` is how long the claim holds without a write. */
export interface Claimant {
  worker_id: string;
  host: string;
  leaseMs: number;
  claude_version?: string;
}

/** What a claim found. `busy`: another owner's lease still holds until `expires_at`. */
export type Claim =
  | { kind: 'claimed'; session: Session; attempt: Attempt }
  | { kind: 'busy'; owner: string; expires_at: Date }
  | { kind: 'terminal'; session: Session }
  | { kind: 'missing' };

/** Takes sessions: one compare-and-set each. */
export interface Claims {
  /**
   * Moves a session to `starting` under a new fence: from queued, or from starting and running where
   * the lease has expired. A session whose cancel was asked for becomes `cancelled` instead.
   */
  claim(id: string, claimant: Claimant): Promise<Claim>;
}

// Two claimants of one session: the loser reads again and finds it busy. More rounds mean a bug.
const MAX_ROUNDS = 5;

/** The claims of a database, judged on its clock. */
export function createClaims(db: Db, clock: StoreClock): Claims {
  const collection = db.collection<SessionDocument>('sessions');

  async function tryClaim(id: string, claimant: Claimant): Promise<Claim | 'raced'> {
    const document = await collection.findOne({ _id: id });
    if (!document) return { kind: 'missing' };
    const session = decodeSession(document);
    if (isTerminal(session.status)) return { kind: 'terminal', session };
    const now = await clock.now();
    const { owner, expires_at } = session.lease;
    if (session.status !== 'queued' && expires_at && expires_at > now) {
      return { kind: 'busy', owner: owner ?? '', expires_at };
    }
    // With the expiry as read: an owner whose heartbeat arrives between the two is alive, and keeps it.
    const asRead = {
      _id: id,
      status: session.status,
      'lease.fence': session.lease.fence,
      'lease.expires_at': expires_at ?? { $exists: false },
    };
    if (session.cancel_requested_at) {
      const cancelled = await collection.findOneAndUpdate(
        asRead,
        { $set: { status: 'cancelled', end_time: now, updated_at: now } },
        { returnDocument: 'after' },
      );
      return cancelled ? { kind: 'terminal', session: decodeSession(cancelled) } : 'raced';
    }
    const fence = session.lease.fence + 1;
    const attempt: Attempt = {
      attempt: session.attempts.length + 1,
      fence,
      worker_id: claimant.worker_id,
      host: claimant.host,
      started_at: now,
      ...(claimant.claude_version ? { claude_version: claimant.claude_version } : {}),
    };
    const claimed = await collection.findOneAndUpdate(
      { ...asRead, cancel_requested_at: { $exists: false } },
      {
        $set: {
          status: 'starting',
          updated_at: now,
          lease: {
            owner: claimant.worker_id,
            fence,
            expires_at: new Date(now.getTime() + claimant.leaseMs),
          },
        },
        $unset: { not_before: '', waiting_for: '' },
        $push: { attempts: attempt },
      },
      { returnDocument: 'after' },
    );
    return claimed ? { kind: 'claimed', session: decodeSession(claimed), attempt } : 'raced';
  }

  return {
    async claim(id, claimant) {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const claim = await tryClaim(id, claimant);
        if (claim !== 'raced') return claim;
      }
      throw new Error(`session ${id}: ${MAX_ROUNDS} claims in a row were overtaken`);
    },
  };
}
