// The public surface of the package. Every name here is a promise: it changes with a major version only.
import { type Baton, type BatonOptions, openBaton as openAllOfBaton } from './baton/open-baton.ts';

export type { Baton, BatonOptions, CallerManager as SessionManager } from './baton/open-baton.ts';
export type { ContinueSessionConfig } from './model/config/continue-config.ts';
export { continueSessionConfigSchema } from './model/config/continue-config.ts';
export type { MCPConfig, MCPServer } from './model/config/mcp-config.ts';
export type { SessionConfig } from './model/config/session-config.ts';
export { sessionConfigSchema } from './model/config/session-config.ts';
export type { JobOptions, SessionOptions } from './model/config/session-options.ts';
export type { OnBusy, WaitingFor } from './model/config/waiting-for.ts';
export { AppError, type ErrorDetails, isAppError } from './model/errors/app-error.ts';
export { ERROR_CODES, type ErrorCode } from './model/errors/error-codes.ts';
export { type Job, jobSchema, QUEUE_PREFIX, SESSION_QUEUE } from './model/job/job.ts';
export { type JsonSchema, jsonSchemas, type SchemaName } from './model/job/json-schema.ts';
export { newId } from './model/schema/id.ts';
export type { Event, EventView } from './model/session/event.ts';
export type { Failure } from './model/session/failure.ts';
export { type Info, infoSchema, isResumable } from './model/session/info.ts';
export type { Result, Usage } from './model/session/result.ts';
export type { Attempt, Session } from './model/session/session.ts';
export { isTerminal, SESSION_STATUSES, type SessionStatus } from './model/session/status.ts';
export type { Totals } from './model/session/totals.ts';
export { createProducer, type ProducerOptions } from './producer.ts';
export type { ContinueOptions, Enqueued, EnqueueOptions, Producer } from './queue/producer.ts';
export type { RedisConnection } from './queue/redis.ts';
export type { InfoPage } from './sessions/session-manager.ts';
export type { SessionStop } from './sessions/session-stop.ts';
export type { EventRange } from './store/event-store.ts';
export type { SessionFilter, SessionPage } from './store/session-store.ts';

/**
 * Opens Baton on one Redis connection and one MongoDB client. Neither server need be up yet: calls throw
 * UNAVAILABLE until it is. The API and the workers make the database's indexes.
 *
 * @param options where the servers are; `prefix` is `baton` and secrets stay in plain text by default
 * @returns the session manager, the stop of sessions, reads of the stores, and `close()`
 * @throws {AppError} INVALID_CONFIG where `publicKeys` holds anything but public keys
 */
export const openBaton: (options: BatonOptions) => Baton = openAllOfBaton;
