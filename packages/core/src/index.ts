// The public surface of the package. The names here change only with a major version.
export type {
  Baton,
  BatonOptions,
  CallerManager as SessionManager,
  CallerMessages as SessionMessages,
  CallerSendOptions as SendOptions,
} from './baton/open-baton.ts';
export { openBaton } from './baton/public-baton.ts';
export type { ContinueSessionConfig } from './model/config/continue-config.ts';
export { continueSessionConfigSchema } from './model/config/continue-config.ts';
export type { MCPConfig, MCPServer } from './model/config/mcp-config.ts';
export type { SessionConfig } from './model/config/session-config.ts';
export { type RequestConfig, sessionConfigSchema } from './model/config/session-config.ts';
export type { JobOptions, SessionOptions } from './model/config/session-options.ts';
export type { OnBusy, WaitingFor } from './model/config/waiting-for.ts';
export { AppError, type ErrorDetails, isAppError } from './model/errors/app-error.ts';
export { ERROR_CODES, type ErrorCode } from './model/errors/error-codes.ts';
export { type Job, jobSchema, QUEUE_PREFIX, SESSION_QUEUE } from './model/job/job.ts';
export type { LaunchAnswer } from './model/job/launch-answer.ts';
export { type JsonSchema, jsonSchemas, type SchemaName } from './model/job/published-schemas.ts';
export { newId } from './model/schema/id.ts';
export type { CancelSelection } from './model/session/cancel-selection.ts';
export type { Event, EventView } from './model/session/event.ts';
export type { Failure } from './model/session/failure.ts';
export { type Info, infoSchema, isResumable } from './model/session/info.ts';
export type {
  MessageRequest,
  MessageStatus,
  MessageView,
  SentMessage,
} from './model/session/message.ts';
export type { MessagePriority } from './model/session/message-priority.ts';
export type { Result, Usage } from './model/session/result.ts';
export type { Attempt, Session } from './model/session/session.ts';
export { isTerminal, SESSION_STATUSES, type SessionStatus } from './model/session/status.ts';
export type { Totals } from './model/session/totals.ts';
export type { Enqueued, Producer } from './producer.ts';
export { createProducer, type ProducerOptions } from './producer.ts';
export type { ContinueOptions, EnqueueOptions, RerunOptions } from './queue/job-builder.ts';
export type { RedisConnection } from './queue/redis.ts';
export type { CancelledSessions, CancelVerdict } from './sessions/bulk-cancel.ts';
export type { LaunchOptions } from './sessions/keyed-request.ts';
export type { InfoPage } from './sessions/session-manager.ts';
export type { MessageViewPage } from './sessions/session-messages.ts';
export type { SessionStop } from './sessions/session-stop.ts';
export type { EventRange } from './store/event-store.ts';
export type { SessionFilter, SessionPage } from './store/session-store.ts';
