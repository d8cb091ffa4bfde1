// What a queued session waits for before it has a job, and what ends the wait.

import type { OnBusy, WaitingFor } from '../config/waiting-for.ts';
import type { Session } from '../session/session.ts';
import { isTerminal } from '../session/status.ts';
import type { Job } from './job.ts';

/** As much of a parent as says whether its children go on waiting. */
export type BusyParent = Pick<
  Session,
  'status' | 'lease' | 'interrupt_requested_at' | 'cancel_requested_at'
>;

/** Says whether a session of this job may have to wait for another one. */
export function mayWait(job: Job): boolean {
  return isLimited(job) || job.concurrency_key !== undefined || isContinueThatWaits(job);
}

/**
 * What a new session of this job waits for first: its parent, then its budgets, then its key, so that none
 * keeps from others what those need before it can go on. `parent` is the one that it continues. One that has
 * a time to wait for, too, takes its place in its key's line when that has come.
 */
export function firstWait(
  job: Job,
  { parent, isDelayed }: { parent: Session | undefined; isDelayed: boolean },
): WaitingFor | undefined {
  const isBusy = parent !== undefined && !isTerminal(parent.status);
  if (isBusy && isContinueThatWaits(job)) return 'parent';
  if (isLimited(job)) return 'budget';
  return waitAfterBudget(job, isDelayed);
}

/** What a session waits for next, once its budgets have let it go on; `isDelayed` as above. */
export function waitAfterBudget(
  { concurrency_key }: Pick<Session, 'concurrency_key'>,
  isDelayed: boolean,
): WaitingFor | undefined {
  return concurrency_key === undefined || isDelayed ? undefined : 'concurrency_key';
}

/** Says whether limits stand before it. */
export function isLimited({ limits = [] }: Pick<Session, 'limits'>): boolean {
  return limits.length > 0;
}

function isContinueThatWaits(job: Job): boolean {
  return job.kind === 'continue' && waitsIfBusy(job);
}

/** Says whether it waits for its parent where that has not ended. */
export function waitsIfBusy({ on_busy = 'reject' }: { on_busy?: OnBusy | undefined }): boolean {
  return on_busy !== 'reject';
}

/**
 * What is to be done for a session that waits for its parent. One that never began is not interrupted: that
 * would cancel it, and leave nothing to continue.
 */
export function planParentWait(
  { on_busy }: Pick<Session, 'on_busy'>,
  parent: BusyParent | null | undefined,
): 'stay' | 'interrupt' | 'go' {
  if (!parent || isTerminal(parent.status)) return 'go';
  const isStopping = parent.interrupt_requested_at ?? parent.cancel_requested_at;
  return on_busy === 'interrupt' && parent.lease.fence > 0 && !isStopping ? 'interrupt' : 'stay';
}
