// What a queued session waits for before it has a job, and what ends the wait.

import type { OnBusy, WaitingFor } from '../config/waiting-for.ts';
import type { Session } from '../session/session.ts';
import { isTerminal } from '../session/status.ts';
import type { Job } from './job.ts';

/** The fields of a parent that decide whether its children keep waiting. */
export type BusyParent = Pick<
  Session,
  'status' | 'lease' | 'interrupt_requested_at' | 'cancel_requested_at'
>;

/** Returns whether a session of this job may have to wait for another session. */
export function mayWait(job: Job): boolean {
  return hasLimits(job) || job.concurrency_key !== undefined || isContinueThatWaits(job);
}

/**
 * Returns what a new session of this job waits for first. It waits for its parent if the parent has not ended and the
 * job asks to wait. Otherwise the function returns what `nextWait` returns after a parent. `isDelayed` means the same
 * as for `nextWait`.
 */
export function firstWait(
  job: Job,
  { parent, isDelayed }: { parent: Session | undefined; isDelayed: boolean },
): WaitingFor | undefined {
  const isBusy = parent !== undefined && !isTerminal(parent.status);
  return isBusy && isContinueThatWaits(job) ? 'parent' : nextWait('parent', job, isDelayed);
}

/**
 * Returns what a session waits for next, once its wait for its parent or its limits (`passed`) is over. The limits come
 * before the key, so a waiting session never holds a slot that another session needs. A session with a start time that
 * has not come (`isDelayed`) skips its key: it waits for the key when that time comes.
 */
export function nextWait(
  passed: 'parent' | 'budget',
  session: Pick<Session, 'limits' | 'concurrency_key'>,
  isDelayed: boolean,
): WaitingFor | undefined {
  if (passed === 'parent' && hasLimits(session)) return 'budget';
  return session.concurrency_key === undefined || isDelayed ? undefined : 'concurrency_key';
}

/** Returns whether a session is under any limit. */
function hasLimits({ limits = [] }: Pick<Session, 'limits'>): boolean {
  return limits.length > 0;
}

function isContinueThatWaits(job: Job): boolean {
  return job.kind === 'continue' && waitsIfBusy(job);
}

function waitsIfBusy({ on_busy = 'reject' }: { on_busy?: OnBusy | undefined }): boolean {
  return on_busy !== 'reject';
}

/**
 * Returns what to do for a session that waits for its parent: `stay` (it keeps waiting),
 * `interrupt` (the parent is interrupted), or `go` (the wait ends). A parent that no worker has
 * claimed is not interrupted: an interrupt would cancel the parent, and leave nothing to continue.
 */
export function planParentWait(
  { on_busy }: Pick<Session, 'on_busy'>,
  parent: BusyParent | null | undefined,
): 'stay' | 'interrupt' | 'go' {
  if (!parent || isTerminal(parent.status)) return 'go';
  const isStopping = parent.interrupt_requested_at ?? parent.cancel_requested_at;
  return on_busy === 'interrupt' && parent.lease.fence > 0 && !isStopping ? 'interrupt' : 'stay';
}
