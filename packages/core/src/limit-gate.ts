// Where requests meet the limits of their API key and tags.
import type { Admission } from './admission.ts';
import type { Job } from './model/job.ts';
import { limitError } from './model/limit.ts';
import type { Session } from './model/session.ts';

/** Keeps out what would go over a limit, unless it is to wait. */
export interface LimitGate {
  /** The job with the limits that it comes under; throws LIMIT_EXCEEDED where one keeps it out and it is not to wait. */
  enter<T extends Job>(job: T): Promise<T>;
  /** The same without a look at whether there is room: `pass` says so. */
  name<T extends Job>(job: T): Promise<T>;
  /**
   * Lets a new session pass its limits, or wait where it is to. Throws LIMIT_EXCEEDED, and takes the
   * session away, where it is not.
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
      const { session, reached } = await admission.passBudget(waiting);
      if (!reached || session.on_limit === 'wait') return session;
      // Others took the room since it was looked for.
      if (await admission.withdraw(session.id)) throw limitError(reached);
      return session;
    },
  };
}
