// Where requests meet the limits of their API key and tags.

import { AppError } from '../model/errors/app-error.ts';
import type { Job } from '../model/job/job.ts';
import { limitError, limitPassed } from '../model/limits/limit.ts';
import type { Session } from '../model/session/session.ts';
import type { Admission } from './admission.ts';

/** Keeps out what would go over a limit, unless it is to wait. */
export interface LimitGate {
  /** The job with the limits that it comes under; throws LIMIT_EXCEEDED where one keeps it out and it is not to wait. */
  enter<T extends Job>(job: T): Promise<T>;
  /** The same without a look at whether there is room: `pass` says so. */
  name<T extends Job>(job: T): Promise<T>;
  /**
   * Lets a session that waits for its budgets pass, or wait where it is to; returns it as it stands then.
   * Where it is not to wait it throws LIMIT_EXCEEDED, and the session is gone, whoever took it away.
   */
  pass(session: Session): Promise<Session>;
}

/** The gate of an admission. */
export function createLimitGate(admission: Admission): LimitGate {
  async function name<T extends Job>(job: T): Promise<T> {
    const limits = await admission.limitsOf(job);
    return limits.length === 0 ? job : { ...job, limits };
  }

  return {
    name,
    async enter(job) {
      const named = await name(job);
      if (!named.limits?.length || named.on_limit === 'wait') return named;
      const reached = await admission.lookAt(named.limits);
      if (reached) throw limitError(reached);
      return named;
    },
    async pass(waiting) {
      const { session, passage } = await admission.passBudget(waiting, { refuse: true });
      if (passage.kind === 'refused') throw limitError(passage.reached);
      // Another who asked for the same was refused: so are we.
      if (!session) throw await refusal(waiting);
      if (session.waiting_for === 'budget' && session.on_limit !== 'wait') {
        throw new AppError('UNAVAILABLE', `session ${session.id} is being let in; ask again later`);
      }
      return session;
    },
  };

  async function refusal({ limits = [] }: Session): Promise<AppError> {
    const reached = await admission.lookAt(limits);
    return reached ? limitError(reached) : limitPassed(limits);
  }
}
