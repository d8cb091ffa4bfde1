import {
  MongoClientClosedError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';

const AWAY = [
  MongoNetworkError,
  MongoServerSelectionError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoTopologyClosedError,
  MongoClientClosedError,
];

// Pool errors whose classes the driver does not export.
const AWAY_NAMES = ['MongoPoolClosedError', 'MongoWaitQueueTimeoutError'];

// A server that is stepping down, starting or stopping: another answers soon (driver's own retry list).
const AWAY_CODES = [91, 189, 10107, 11600, 11602, 13435, 13436];

/** Says whether MongoDB failed to answer, so that the same call may succeed later. */
export function isMongoAway(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  return (
    AWAY.some((kind) => error instanceof kind) ||
    AWAY_NAMES.includes(error.name) ||
    (error instanceof MongoServerError && AWAY_CODES.includes(Number(error.code)))
  );
}
