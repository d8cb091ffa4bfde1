import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { AppError, isAppError } from '../model/errors/app-error.ts';

const AWAY = [
  MongoNetworkError,
  MongoServerSelectionError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoTopologyClosedError,
  MongoClientClosedError,
];

// Names of pool errors whose classes the driver does not export.
const AWAY_NAMES = [
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoWaitQueueTimeoutError',
];

/** Labels that the server or the driver puts on an error after which the same call may succeed. */
const AWAY_LABELS = [
  'RetryableWriteError',
  'RetryableError',
  'SystemOverloadedError',
  'TransientTransactionError',
  'PoolRequestedRetry',
  'PoolRequstedRetry', // misspelled this way by drivers before version 7
  'ResetPool',
  'InterruptInUseConnections',
  'ResumableChangeStreamError',
];

/**
 * Codes of errors after which the same call may succeed. They come from RETRYABLE_READ_ERROR_CODES
 * and GET_MORE_RESUMABLE_CODES in the driver's error.ts (7.9), and from the codes that the driver
 * treats as a change of the server's state. The other codes come from the server's error_codes.yml
 * (the category RetriableError and similar categories): the server lacks a resource at the moment.
 */
const AWAY_CODES = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  24, // LockTimeout
  43, // CursorNotFound
  50, // MaxTimeMSExpired
  63, // StaleShardVersion
  64, // WriteConcernTimeout
  70, // ShardNotFound
  89, // NetworkTimeout
  91, // ShutdownInProgress
  94, // NotYetInitialized
  112, // WriteConflict
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  150, // StaleEpoch
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  234, // RetryChangeStream
  262, // ExceededTimeLimit
  317, // ConnectionPoolExpired
  325, // TooManyLogicalSessions
  365, // TemporarilyUnavailable
  384, // ConnectionError
  402, // ResourceExhausted
  462, // IngressRequestRateLimitExceeded
  9001, // SocketException
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13388, // StaleConfig
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
  14031, // OutOfDiskSpace
  46841, // ClientMarkedKilled
]);

/** Matches the errors of old servers, which have no code. The driver looks for the same words. */
const AWAY_MESSAGES = /not master|not primary|node is recovering/i;

/** How deep a chain of causes is searched. */
const MAX_DEPTH = 5;

/** Returns whether MongoDB failed to answer, so that the same call may succeed later. */
export function isMongoAway(error: unknown): boolean {
  return isAway(error, MAX_DEPTH);
}

/**
 * Returns the UNAVAILABLE error for the caller if MongoDB failed to answer. Returns null for any
 * other error.
 */
export function toUnavailable(cause: unknown): AppError | null {
  if (!isMongoAway(cause)) return null;
  return new AppError('UNAVAILABLE', 'MongoDB does not answer; try again later', { cause });
}

/**
 * Returns whether the error says that Redis or MongoDB failed to answer, so that the same call may
 * succeed later.
 */
export function isStoreAway(error: unknown): boolean {
  return isMongoAway(error) || (isAppError(error) && error.code === 'UNAVAILABLE');
}

function isAway(error: unknown, depth: number): boolean {
  if (!(error instanceof Error) || depth < 0) return false;
  if (error instanceof MongoError && isItselfAway(error)) return true;
  return getParts(error).some((part) => isAwayPart(part) || isAway(part, depth - 1));
}

function isItselfAway(error: MongoError): boolean {
  return (
    AWAY.some((kind) => error instanceof kind) ||
    AWAY_NAMES.includes(error.name) ||
    AWAY_LABELS.some((label) => error.hasErrorLabel(label)) ||
    AWAY_CODES.has(Number(error.code)) ||
    (error.code === undefined && AWAY_MESSAGES.test(error.message))
  );
}

// Returns the errors inside an error. A bulk write wraps the errors of its single writes, and the
// result of a write may carry the error of its write concern.
function getParts(error: Error): unknown[] {
  const { writeConcernError, errorResponse, result, errors } = error as {
    errors?: unknown;
    writeConcernError?: unknown;
    errorResponse?: { writeConcernError?: unknown };
    result?: { writeConcernError?: unknown; getWriteConcernError?: unknown };
  };
  const writes = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
  const concern = error instanceof MongoBulkWriteError && error.result?.getWriteConcernError?.();
  return [
    error.cause,
    writeConcernError,
    errorResponse?.writeConcernError,
    result?.writeConcernError,
    concern,
    ...(Array.isArray(errors) ? errors : []),
    ...writes,
  ];
}

function isAwayPart(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { code, errorLabels } = part as { code?: unknown; errorLabels?: unknown };
  const labels = Array.isArray(errorLabels) ? errorLabels : [];
  return AWAY_CODES.has(Number(code)) || AWAY_LABELS.some((label) => labels.includes(label));
}
