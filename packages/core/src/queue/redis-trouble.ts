import { AppError, isAppError } from '../model/errors/app-error.ts';

/**
 * The reasons for which Redis refuses a command at the moment, by the first word of its answer. The
 * same command may succeed later.
 */
const TROUBLES: Record<string, string> = {
  READONLY: 'Redis is read-only: it follows another server',
  UNBLOCKED: 'Redis is read-only: it follows another server',
  LOADING: 'Redis is loading its data',
  MASTERDOWN: 'Redis cannot reach the server that it follows',
  CLUSTERDOWN: 'the Redis cluster is down',
  TRYAGAIN: 'the Redis cluster is moving this queue',
  NOREPLICAS: 'Redis has too few replicas to take writes',
  MISCONF: 'Redis cannot save its data to disk and takes no writes',
  OOM: 'Redis is out of memory',
  BUSY: 'Redis is busy with a script',
  NOAUTH: 'Redis asks for a password',
  WRONGPASS: 'Redis refuses the password',
  NOPERM: 'Redis does not permit the command to this user',
};

/**
 * Answers from Redis after which Baton opens a new connection. The new connection may reach another
 * server, for example after a failover behind one address.
 */
const ELSEWHERE = ['READONLY', 'UNBLOCKED', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'NOREPLICAS'];

/** The reason if Redis gives no answer. */
export const NO_ANSWER = 'Redis does not answer';

/**
 * How long an error answer from Redis also explains later calls that get no answer, in
 * milliseconds. Such a call fails with the reason of that error answer.
 */
const EXPLAINS_MS = 5_000;

/** The name of the error that a queue or worker emits after it repaired damaged data in Redis. */
export const HEALED_ERROR = 'QueueHealedError';

/**
 * Names of errors for which Redis is not the reason: errors in our own code, BullMQ's errors about
 * one job, and replies that cannot be read. Waiting for Redis does not help against such errors.
 */
const OWN_ERRORS = [
  HEALED_ERROR,
  'SyntaxError',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'UnrecoverableError',
];

/**
 * Returns the first word of an error answer from Redis, or null if the error is not an answer from
 * Redis. If a command inside a Lua script failed, Redis may put `ERR` and other text before the
 * word.
 */
function parseReplyCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  const inside = /\b(READONLY|OOM|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|LOADING)\b/;
  const [first = ''] = error.message.split(' ', 1);
  if (first in TROUBLES) return first;
  return first === 'ERR' ? (inside.exec(error.message)?.[1] ?? first) : first;
}

/** Returns whether Redis gave an error after which a new connection may help. */
export function isElsewhere(error: unknown): boolean {
  return ELSEWHERE.includes(parseReplyCode(error) ?? '');
}

/**
 * Returns a text that says why Redis cannot be used, if the error gives a reason. The same call may
 * then succeed later. Returns null for an error about the call itself (a key of the wrong type, a
 * job that cannot be read), and for an AppError.
 */
export function findRedisTrouble(error: unknown): string | null {
  if (isAppError(error)) return null;
  const reply = parseReplyCode(error);
  if (reply !== null) return TROUBLES[reply] ?? null;
  const isOwn = error instanceof Error && OWN_ERRORS.includes(error.name);
  return isOwn || isAboutJob(error) ? null : NO_ANSWER;
}

/** Returns whether Redis answered that the stored data does not fit the command. */
export function isWrongStored(error: unknown): boolean {
  const reply = parseReplyCode(error);
  return reply !== null && !(reply in TROUBLES) && reply !== 'NOSCRIPT';
}

/**
 * Returns the error that a caller of the queue gets: UNAVAILABLE with the reason, or the given
 * error if it has no such reason.
 */
export function toQueueError(cause: unknown, trouble = findRedisTrouble(cause)): unknown {
  if (trouble === null) return cause;
  return new AppError('UNAVAILABLE', `${trouble}; try again later`, { cause });
}

// The messages of BullMQ errors that concern one job and have no code. They say that the job cannot
// be added, removed or fired, or that its lock was lost.
const JOB_MESSAGES =
  /^(Custom Id|Job |could not renew lock for job|Failed to add repeatable job|Legacy repeatable)/;

// Errors from BullMQ's scripts concern one job, and have a negative code.
function isAboutJob(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (typeof code === 'number' && code < 0) || JOB_MESSAGES.test(String(message));
}

/**
 * Creates a `toQueueError` for the calls of one client. While the client reconnects because of an
 * answer from Redis, that answer stays the reason.
 */
export function createQueueErrors(): (cause: unknown) => unknown {
  let last: { trouble: string; at: number } | null = null;
  return (cause) => {
    const trouble = findRedisTrouble(cause);
    if (trouble !== null && trouble !== NO_ANSWER) last = { trouble, at: performance.now() };
    const isExplained = last !== null && performance.now() - last.at < EXPLAINS_MS;
    return toQueueError(cause, trouble === NO_ANSWER && isExplained ? last?.trouble : trouble);
  };
}
