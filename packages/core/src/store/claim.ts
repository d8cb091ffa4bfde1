import type { Collection, Db, UpdateFilter } from 'mongodb';
import { defined } from '../model/schema/defined.ts';
import { planClaim } from '../model/session/claim-plan.ts';
import type { Failure } from '../model/session/failure.ts';
import type { Attempt, Session } from '../model/session/session.ts';
import type { WebhookEvent } from '../model/webhooks/webhook-event.ts';
import type { StoreClock } from './clock.ts';
import { FREED_LEASE } from './freed-lease.ts';
import type { SessionDocument } from './mongo.ts';
import { decodeSession } from './session-codec.ts';
import { appendOutboxEvent } from './webhook-outbox.ts';

/**
 * The worker process that claims a session. `leaseMs`: how long the claim holds without a further
 * write, in milliseconds.
 */
export interface Claimant {
  worker_id: string;
  host: string;
  leaseMs: number;
  claude_version?: string;
}

/**
 * The result of a claim. `busy`: another worker's lease holds until `expires_at`. `early`: the
 * session must not run before `not_before`. `waiting`: admission has not released the session.
 */
export type Claim =
  | { kind: 'claimed'; session: Session; attempt: Attempt }
  | { kind: 'busy'; owner: string; expires_at: Date }
  | { kind: 'early'; not_before: Date }
  | { kind: 'waiting'; session: Session }
  | { kind: 'terminal'; session: Session }
  | { kind: 'missing' };

/** Claims sessions, each with one compare-and-set. */
export interface Claims {
  /**
   * Moves a session to `starting` under a new fence, if it is queued or its lease has expired. An
   * expired lease counts as a crash. If a cancel was requested, the session becomes `cancelled`
   * instead. If its `recovery` allows no further crash, it becomes `failed`.
   */
  claim(id: string, claimant: Claimant): Promise<Claim>;
}

// If two workers claim one session, the loser reads the session again and finds it busy. If the
// session changes in each of five rounds, there is a bug.
const MAX_ROUNDS = 5;

/** Creates the claims of a database. MongoDB's clock decides whether a lease has expired. */
export function createClaims(db: Db, clock: StoreClock): Claims {
  const collection = db.collection<SessionDocument>('sessions');

  async function tryClaim(id: string, claimant: Claimant): Promise<Claim | 'raced'> {
    const document = await collection.findOne({ _id: id });
    if (!document) return { kind: 'missing' };
    const session = decodeSession(document);
    const now = await clock.now();
    const plan = planClaim(session, now);
    switch (plan.kind) {
      case 'terminal':
        return { kind: 'terminal', session };
      case 'waiting':
        return { kind: 'waiting', session };
      case 'busy':
      case 'early':
        return plan;
      case 'cancel':
        return end(session, 'session.cancelled', cancelledFields(session, now));
      case 'fail': {
        const failure = { ...plan.failure, attempt: session.attempts.length, at: now };
        return end(session, 'session.failed', failedFields(session, failure, now));
      }
      case 'take':
        return claimWith(session, plan.crashed, claimant, now);
    }
  }

  async function end(
    session: Session,
    event: WebhookEvent,
    fields: EndFields,
  ): Promise<Claim | 'raced'> {
    const ended = await collection.findOneAndUpdate(
      asRead(session),
      {
        $set: fields,
        $unset: { last_result: '', waiting_for: '', ...FREED_LEASE },
        ...appendOutboxEvent(event, session.attempts.length, fields.updated_at),
      },
      { returnDocument: 'after' },
    );
    return ended ? { kind: 'terminal', session: decodeSession(ended) } : 'raced';
  }

  async function claimWith(
    session: Session,
    crashed: boolean,
    claimant: Claimant,
    now: Date,
  ): Promise<Claim | 'raced'> {
    const attempt = nextAttempt(session, claimant, now);
    const update = collection.findOneAndUpdate(
      { ...asRead(session), cancel_requested_at: { $exists: false } },
      claimUpdate(session, { attempt, crashed, leaseMs: claimant.leaseMs, now }),
      { returnDocument: 'after' },
    );
    const claimed = await update.catch((error: unknown) =>
      findOwnClaim(collection, error, session.id, attempt),
    );
    return claimed ? { kind: 'claimed', session: decodeSession(claimed), attempt } : 'raced';
  }

  return {
    async claim(id, claimant) {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const claim = await tryClaim(id, claimant);
        if (claim !== 'raced') return claim;
      }
      throw new Error(
        `session ${id} could not be claimed: it changed in each of ${MAX_ROUNDS} tries`,
      );
    },
  };
}

// MongoDB may have stored the claim although its answer was lost. Without this read the worker
// would not know that it owns the session, and the next claim would wait for the lease and count a
// crash.
async function findOwnClaim(
  collection: Collection<SessionDocument>,
  error: unknown,
  id: string,
  { fence, worker_id }: Attempt,
): Promise<SessionDocument> {
  const taken = await collection
    .findOne({ _id: id, 'lease.fence': fence, 'lease.owner': worker_id, status: 'starting' })
    .catch(() => null);
  if (!taken) throw error;
  return taken;
}

type EndFields = Partial<SessionDocument> & { updated_at: Date };

function cancelledFields(session: Session, now: Date): EndFields {
  return {
    status: 'cancelled',
    attempts: endLastAttempt(session, now, 'cancelled'),
    end_time: now,
    updated_at: now,
  };
}

function failedFields(session: Session, failure: Failure, now: Date): EndFields {
  return {
    status: 'failed',
    failure,
    error: failure.message,
    attempts: endLastAttempt(session, now, 'failed', failure),
    counts: { ...session.counts, crashes: session.counts.crashes + 1 },
    end_time: now,
    updated_at: now,
  };
}

function nextAttempt(
  session: Session,
  { worker_id, host, claude_version }: Claimant,
  now: Date,
): Attempt {
  return {
    attempt: session.attempts.length + 1,
    fence: session.lease.fence + 1,
    worker_id,
    host,
    started_at: now,
    ...defined({ claude_version }),
  };
}

/**
 * Returns the update that claims a session for `attempt`. With `crashed` it also counts a crash of
 * the last attempt.
 */
function claimUpdate(
  session: Session,
  {
    attempt,
    crashed,
    leaseMs,
    now,
  }: { attempt: Attempt; crashed: boolean; leaseMs: number; now: Date },
): UpdateFilter<SessionDocument> {
  const { fence, worker_id: owner } = attempt;
  const attempts = crashed ? endLastAttempt(session, now, 'handed_back') : session.attempts;
  const crash = {
    $inc: { 'counts.crashes': 1 },
    ...appendOutboxEvent('session.retried', session.attempts.length, now),
  };
  return {
    $set: {
      status: 'starting',
      updated_at: now,
      attempts: [...attempts, attempt],
      lease: {
        owner,
        fence,
        expires_at: new Date(now.getTime() + leaseMs),
        takes_messages: true,
        takes_content: true,
      },
    },
    $unset: { not_before: '', waiting_for: '' },
    ...(crashed ? crash : {}),
  };
}

// Returns a filter that matches the session only if its lease still has the expiry that was read.
// If the owner's heartbeat arrived since then, the owner is alive and keeps the session.
function asRead({ id, status, lease }: Session) {
  return {
    _id: id,
    status,
    'lease.fence': lease.fence,
    'lease.expires_at': lease.expires_at ?? { $exists: false },
  };
}

// Ends the last attempt of a session whose worker died, because the dead worker can no longer end
// the attempt.
function endLastAttempt(
  session: Session,
  now: Date,
  outcome: Attempt['outcome'],
  failure?: Failure,
): Attempt[] {
  const silent: Failure = failure ?? {
    code: 'CRASHED',
    message: 'the worker did not renew its lease in time',
    retryable: true,
    attempt: session.attempts.length,
    at: now,
  };
  return session.attempts.map((attempt, index) =>
    index === session.attempts.length - 1 && !attempt.ended_at
      ? { ...attempt, ended_at: now, outcome, failure: silent }
      : attempt,
  );
}
