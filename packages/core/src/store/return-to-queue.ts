import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import { FREED_LEASE } from './freed-lease.ts';
import type { AttemptRecord, FencedAttempt, GuardedWriter } from './guarded-writer.ts';
import { requireFeatures } from './required-words.ts';
import { encodeFields } from './session-codec.ts';
import { appendOutboxEvent } from './webhook-outbox.ts';

/**
 * Why a session returns to the queue. `retry`: the attempt failed, and Baton tries the session
 * again. `hand_back`: the worker drains or cannot reach a store. `host_failure`: the machine kept
 * the attempt from starting. `message`: a message came after the process had ended with its answer.
 */
export type ReturnReason = 'retry' | 'hand_back' | 'host_failure' | 'message';

/**
 * Returns the session to the queue for another attempt. Stores the totals, the transcript and
 * the workspace of this attempt, and adds one to the count of returns for this reason. If a cancel was requested,
 * cancels the session instead. Resolves to null if the attempt no longer holds the session.
 */
export type ReturnToQueue = (
  back: Partial<
    Pick<Session, 'totals' | 'transcript' | 'workspace' | 'host_failures' | 'not_before'>
  > & {
    reason: ReturnReason;
    /**
     * Whether the stored last result still answers the session. It stays for the reason `message`.
     */
    keepsResult?: boolean;
    /** The answer that the session keeps if it is cancelled. */
    result?: Session['result'];
  },
  record: AttemptRecord,
) => Promise<'queued' | 'cancelled' | null>;

// A return for a message is not counted: the attempt did all that it had to do.
const COUNTED_AS = {
  retry: 'retries',
  hand_back: 'hand_backs',
  host_failure: 'host_failures',
  message: null,
} as const satisfies Record<ReturnReason, keyof Session['counts'] | null>;

/** Creates the write that returns a session to the queue. */
export function createReturnToQueue(
  { collection, write, attemptFields }: GuardedWriter,
  { id, attempt, fence }: FencedAttempt,
): ReturnToQueue {
  return async ({ reason, keepsResult, result, not_before, host_failures, ...kept }, record) => {
    const counted = COUNTED_AS[reason];
    // Without this $unset the last result would conclude the next attempt before it begins. A
    // result that still answers the session stays: it ends the session if callers take their
    // messages back.
    const isAnswered = reason === 'message' || keepsResult === true;
    const outdated = isAnswered ? {} : ({ last_result: '' } as const);
    const fields = (now: Date) => ({
      updated_at: now,
      ...encodeFields(kept),
      ...defined({ host_failures }),
      ...attemptFields({ ...record, ended_at: now }),
    });
    const queued = await write(
      ['starting', 'running'],
      (now) => ({
        $set: { status: 'queued', ...fields(now), ...defined({ not_before }) },
        $unset: { ...outdated, ...FREED_LEASE },
        ...defined({ $inc: counted ? { [`counts.${counted}`]: 1 } : undefined }),
        // A hand-back or a host failure makes no webhook event, because the session did not fail.
        ...(reason === 'retry' ? appendOutboxEvent('session.retried', attempt, now) : {}),
        ...requireFeatures(kept),
      }),
      { cancel_requested_at: { $exists: false } },
    );
    if (queued) return 'queued';
    const cancelled = await write(
      ['starting', 'running'],
      (now) => ({
        $set: {
          status: 'cancelled',
          end_time: now,
          ...fields(now),
          ...encodeFields(defined({ result })),
        },
        $unset: { last_result: '', ...FREED_LEASE },
        ...appendOutboxEvent('session.cancelled', attempt, now),
        ...requireFeatures(kept),
      }),
      { cancel_requested_at: { $exists: true } },
    );
    if (cancelled) return 'cancelled';
    // MongoDB may have stored an earlier try of this write although its answer was lost.
    const taken = await collection.findOne(
      { _id: id, 'lease.fence': fence, status: { $in: ['queued', 'cancelled'] } },
      { projection: { status: 1 } },
    );
    return taken && (taken.status === 'queued' ? 'queued' : 'cancelled');
  };
}
