// The public surface of the package: the session manager, its types and its errors. Every name here is a promise.

export type { ContinueSessionConfig } from './model/config/continue-config.ts';
export { continueSessionConfigSchema } from './model/config/continue-config.ts';
export type { MCPConfig, MCPServer } from './model/config/mcp-config.ts';
export type { SessionConfig } from './model/config/session-config.ts';
export { sessionConfigSchema } from './model/config/session-config.ts';
export type { JobOptions, SessionOptions } from './model/config/session-options.ts';
export { AppError, type ErrorDetails, isAppError } from './model/errors/app-error.ts';
export { ERROR_CODES, type ErrorCode } from './model/errors/error-codes.ts';
export { type Job, jobSchema, QUEUE_PREFIX, SESSION_QUEUE } from './model/job/job.ts';
export { type JsonSchema, jsonSchemas, type SchemaName } from './model/job/json-schema.ts';
export { newId } from './model/schema/id.ts';
export type { Event, EventView } from './model/session/event.ts';
export type { Failure } from './model/session/failure.ts';
export { type Info, infoSchema, isResumable } from './model/session/info.ts';
export type { Result, Usage } from './model/session/result.ts';
export type { Session } from './model/session/session.ts';
export { isTerminal, SESSION_STATUSES, type SessionStatus } from './model/session/status.ts';
export type { Totals } from './model/session/totals.ts';
export { createProducer } from './producer.ts';
export type { ContinueOptions, Enqueued, EnqueueOptions, Producer } from './queue/producer.ts';
export type { SessionQueue } from './queue/session-queue.ts';
export { createSessionQueue } from './queue/session-queue.ts';
export {
  createSessionManager,
  type InfoPage,
  type SessionManager,
} from './sessions/session-manager.ts';
export { connectMongo, type Mongo } from './store/mongo.ts';
export { createSessionStore, type SessionFilter } from './store/session-store.ts';
