import { AppError, isAppError } from '../model/errors/app-error.ts';

/** Why Redis does not take a command now, by the first word of its answer; the same command may pass later. */
const TROUBLES: Record<string, string> = {
  READONLY: 'Redis is read-only: it follows another server',
  UNBLOCKED: 'Redis is read-only: it follows another server',
  LOADING: 'Redis is loading its data',
  MASTERDOWN: 'Redis has lost the server that it follows',
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

/** Answers after which another connection may reach another server, as after a failover in place. */
const ELSEWHERE = ['READONLY', 'UNBLOCKED', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'NOREPLICAS'];

/** The reason where Redis gives no answer. */
export const NO_ANSWER = 'Redis does not answer';

/** How long an answer of Redis still explains why a client that connects anew gets none, in milliseconds. */
const EXPLAINS_MS = 5_000;

/** The name of the error that a queue or worker emits once it has repaired what it could not use. */
export const HEALED_ERROR = 'QueueHealedError';

/** Errors of our own code, of BullMQ's about one job, or of a reply that cannot be read: waiting helps none. */
const OWN_ERRORS = [
  HEALED_ERROR,
  'SyntaxError',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'UnrecoverableError',
];

/** The first word of Redis's answer, where the error is one (scripts put theirs behind a prefix); else null. */
function parseReplyCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  const inside = /\b(READONLY|OOM|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|LOADING)\b/;
  const [first = ''] = error.message.split(' ', 1);
  if (first in TROUBLES) return first;
  return first === 'ERR' ? (inside.exec(error.message)?.[1] ?? first) : first;
}

/** Says whether a new connection may help where Redis answered so. */
export function isElsewhere(error: unknown): boolean {
  return ELSEWHERE.includes(parseReplyCode(error) ?? '');
}

/**
 * Why Redis cannot be used, in words, if the error says so: the same call may succeed later. Null for an error
 * about the call itself (a key of the wrong kind, a job that cannot be read), and for an AppError.
 */
export function findRedisTrouble(error: unknown): string | null {
  if (isAppError(error)) return null;
  const reply = parseReplyCode(error);
  if (reply !== null) return TROUBLES[reply] ?? null;
  const isOwn = error instanceof Error && OWN_ERRORS.includes(error.name);
  return isOwn || isAboutJob(error) ? null : NO_ANSWER;
}

/** Says whether Redis answered that what is stored is not what the command takes. */
export function isWrongStored(error: unknown): boolean {
  const reply = parseReplyCode(error);
  return reply !== null && !(reply in TROUBLES) && reply !== 'NOSCRIPT';
}

/** The error that a caller of the queue gets: UNAVAILABLE with the reason, or the error as it is. */
export function toQueueError(cause: unknown, trouble = findRedisTrouble(cause)): unknown {
  if (trouble === null) return cause;
  return new AppError('UNAVAILABLE', `${trouble}; ask again later`, { cause });
}

// What BullMQ says of one job in words alone: a job that cannot be added, removed or fired, or a lost lock.
const JOB_MESSAGES =
  /^(Custom Id|Job |could not renew lock for job|Failed to add repeatable job|Legacy repeatable)/;

// BullMQ gives the errors of its scripts, which speak of one job, a negative code.
function isAboutJob(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (typeof code === 'number' && code < 0) || JOB_MESSAGES.test(String(message));
}

/**
 * The same for the calls of one client: while it connects anew because of what Redis answered, that answer
 * is still the reason.
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
