// The names that the apps, tests and tools of this repository use. Names here may change with any
// version.

export type { Admission } from './admission/admission.ts';
export { createOperatorLimits } from './admission/operator-limits.ts';
export { type OpenBaton, openBaton } from './baton/open-baton.ts';
export { createSessionServices } from './baton/session-services.ts';
export { createSessionDeletion, type SessionDeletion } from './deletion/session-deletion.ts';
export type { Agent } from './model/config/agent-config.ts';
export {
  continueSessionConfigSchema,
  inheritConfig,
  type Overrides,
  overridesSchema,
} from './model/config/continue-config.ts';
export { conversationKeySchema } from './model/config/conversation-key.ts';
export type { MCPConfig, MCPServer } from './model/config/mcp-config.ts';
export { PERMISSION_MODES } from './model/config/permission-modes.ts';
export type { RepositoryConfig } from './model/config/repository-config.ts';
export {
  checkFeatures,
  FEATURE_MAX_LENGTH,
  FEATURES,
  findUnknownFeatures,
  getUnknownFeatures,
  MESSAGES_FEATURE,
  UnknownFeaturesError,
} from './model/config/required-features.ts';
export {
  type RequestConfig,
  SETTING_SOURCES,
  type SessionConfig,
  sessionConfigSchema,
} from './model/config/session-config.ts';
export { type JobOptions, sessionOptionsSchema } from './model/config/session-options.ts';
export { type WorkspaceChoice, workspaceOf } from './model/config/workspace-config.ts';
export {
  CONTENT_MAX_BYTES,
  type ContentBlock,
  contentSchema,
  type FileBlock,
  isFileBlock,
  requestContentSchema,
  textOfContent,
} from './model/content/content.ts';
export { isContentType } from './model/content/content-types.ts';
export { AppError, isAppError } from './model/errors/app-error.ts';
export { assertNever } from './model/errors/assert-never.ts';
export {
  codeFacts,
  ERROR_CODES,
  type ErrorCode,
  errorCodeSchema,
} from './model/errors/error-codes.ts';
export {
  FILE_NAME_MAX,
  type FileUse,
  type FileUser,
  type FileView,
  fileNameSchema,
  fileViewSchema,
  type StoredFile,
  toFileView,
} from './model/files/stored-file.ts';
export {
  type AcceptedSession,
  DEFAULT_TENANT,
  idempotencyKeySchema,
  idOfKey,
} from './model/job/idempotency.ts';
export {
  continueJobSchema,
  JOB_MAX_BYTES,
  type Job,
  jobSchema,
  launchJobSchema,
  QUEUE_PREFIX,
  SESSION_QUEUE,
} from './model/job/job.ts';
export { type JobSource, jobOfSession } from './model/job/job-of-session.ts';
export {
  type LaunchAnswer,
  launchAnswerSchema,
  toLaunchAnswer,
} from './model/job/launch-answer.ts';
export { type JsonSchema, jsonSchemas, type SchemaName } from './model/job/published-schemas.ts';
export {
  type BulkLaunch,
  bulkLaunchSchema,
  continueRequestSchema,
  launchRequestSchema,
  splitRequest,
} from './model/job/request.ts';
export {
  type ApiKey,
  isSecretOf,
  parseKeyText,
  SCOPES,
  type Scope,
  scopeSchema,
} from './model/keys/api-key.ts';
export {
  LIMIT_KINDS,
  type LimitView,
  limitCapsSchema,
  limitViewSchema,
} from './model/limits/limit.ts';
export { checkOverrides, checkPolicy, POLICY_CODES } from './model/policy/check-policy.ts';
export { forbiddenEnvName } from './model/policy/env-names.ts';
export { BYPASS_MODE, DEFAULT_POLICY, type Governed, type Policy } from './model/policy/policy.ts';
export { directoriesOf, pluginsOf } from './model/policy/policy-rules.ts';
export { checkRepositoryBase } from './model/policy/repository-base.ts';
export {
  findRepositoryRefusal,
  isSameRepository,
  parseRepositoryUrl,
  type RepositoryAddress,
  type RepositoryPolicy,
} from './model/policy/repository-url.ts';
export { isInsideRoots } from './model/policy/working-dir.ts';
export {
  newScheduleSchema,
  type Schedule,
  type ScheduledLaunch,
  scheduleChangesSchema,
  scheduleViewSchema,
  toScheduleView,
} from './model/schedules/schedule.ts';
export { cutText } from './model/schema/cut-text.ts';
export { defined } from './model/schema/defined.ts';
export { idSchema, newId } from './model/schema/id.ts';
export { parseInput } from './model/schema/parse-input.ts';
export { timeSchema } from './model/schema/time.ts';
export { hasVisibleText } from './model/schema/visible-text.ts';
export { REDACTED, redactConfig, redactJob } from './model/secrets/redact.ts';
export { redactNamed } from './model/secrets/redact-named.ts';
export { secretsOf } from './model/secrets/secrets.ts';
export { type CancelSelection, cancelSelectionSchema } from './model/session/cancel-selection.ts';
export { type ContinuePoint, continuePointMissing } from './model/session/continue-point.ts';
export { recoveryOf } from './model/session/crash-verdict.ts';
export {
  boundRaw,
  type Event,
  type EventView,
  eventViewSchema,
  messageLine,
  promptLine,
  toEventView,
} from './model/session/event.ts';
export type { Failure } from './model/session/failure.ts';
export { addHostFailure, type HostFailure, hostVerdict } from './model/session/host-failures.ts';
export { type Info, infoSchema, isResumable, toInfo } from './model/session/info.ts';
export { planKeyedLaunch, standingOf } from './model/session/keyed-launch-plan.ts';
export { type StatusChange, statusChangeSchema } from './model/session/live.ts';
export {
  findMessageStatus,
  type Message,
  type MessageRequest,
  type MessageView,
  messageBytes,
  messageRequestSchema,
  messageViewSchema,
  type SentMessage,
  sentMessageSchema,
  toMessageView,
} from './model/session/message.ts';
export type { MessagePriority } from './model/session/message-priority.ts';
export { captureNothing, isNothingCaptured } from './model/session/nothing-captured.ts';
export type { FailureFacts, Outcome } from './model/session/outcome.ts';
export { checkParent } from './model/session/parent.ts';
export {
  PENDING_MAX_BYTES,
  PENDING_MAX_MESSAGES,
  type PendingMessage,
} from './model/session/pending-message.ts';
export { promptUuidOf } from './model/session/prompt-uuid.ts';
export {
  boundResult,
  type Result,
  resultSchema,
  type Usage,
  usageSchema,
} from './model/session/result.ts';
export { isBeyond, markOf, splitMark, withMark } from './model/session/resume-mark.ts';
export type { Attempt, Session } from './model/session/session.ts';
export {
  canTransition,
  isTerminal,
  SESSION_STATUSES,
  type SessionStatus,
  sessionStatusSchema,
} from './model/session/status.ts';
export { addTotals, NO_TOTALS, type Totals } from './model/session/totals.ts';
export {
  claudeIdOf,
  hasTranscript,
  mainTranscriptPath,
  type TranscriptFile,
  type TranscriptManifest,
} from './model/session/transcript.ts';
export type {
  Capture,
  PackRef,
  Workspace,
  WorkspaceNotPortableReason,
} from './model/session/workspace.ts';
export {
  costOf,
  DEFAULT_PRICES,
  type Price,
  type PricedUsage,
  type Prices,
  priceOf,
  pricesSchema,
} from './model/usage/prices.ts';
export { type Spending, spendingSchema, USAGE_GROUPS } from './model/usage/usage.ts';
export {
  madeWebhookSchema,
  newWebhookSchema,
  toWebhookView,
  type Webhook,
  webhookChangesSchema,
  webhookViewSchema,
} from './model/webhooks/webhook.ts';
export {
  type AddressRange,
  checkWebhookUrl,
  mayConnect,
  parseRange,
} from './model/webhooks/webhook-address.ts';
export {
  type Delivery,
  deliveryViewSchema,
  toDeliveryView,
} from './model/webhooks/webhook-delivery.ts';
export type { WebhookEvent } from './model/webhooks/webhook-event.ts';
export { newWebhookSecret, signWebhook } from './model/webhooks/webhook-signature.ts';
export { createProducer, type Producer } from './producer.ts';
export { createBackend } from './queue/backend.ts';
export { type ControlMessage, subscribeControl } from './queue/control.ts';
export type { ContinueOptions, EnqueueOptions, RerunOptions } from './queue/job-builder.ts';
export { createJobUpkeep, type JobUpkeep } from './queue/job-upkeep.ts';
export { buildKeptOptions, DEFAULT_KEPT, type KeptJobs } from './queue/kept-jobs.ts';
export type { LivePublisher } from './queue/live.ts';
export { createLiveHub, type LiveHub } from './queue/live-hub.ts';
export { MAX_PAUSE_MS } from './queue/queue-pause.ts';
export { buildJobOptions, type FoundJob } from './queue/queued-job.ts';
export { findProblem } from './queue/readable-job.ts';
export { openWorkerRedis, type RedisConnection } from './queue/redis.ts';
export { findRedisTrouble, toQueueError } from './queue/redis-trouble.ts';
export { createRedisWatch, type RedisWatch } from './queue/redis-watch.ts';
export { firingJobSchema, SCHEDULE_QUEUE, SCHEDULE_SETTINGS } from './queue/schedule-queue.ts';
export { createSessionQueue, type SessionQueue } from './queue/session-queue.ts';
export { createWebhookQueue, deliveryJobSchema, WEBHOOK_QUEUE } from './queue/webhook-queue.ts';
export { type Closers, createClosers } from './runtime/closers.ts';
export { withDeadline } from './runtime/deadline.ts';
export { findReportedErrno, HOST_ERRNOS } from './runtime/host-errnos.ts';
export { createLogger, type Logger } from './runtime/log.ts';
export { createWakeup, type Wakeup } from './runtime/wakeup.ts';
export { firedSessionId, launchOfFiring } from './schedules/firing.ts';
export type { ScheduleServices } from './schedules/schedule-services.ts';
export { readPublicKeys, readSecretKeys, type SecretKeys } from './sealing/key-files.ts';
export {
  generateOpeningKey,
  type OpeningKey,
  parsePrivateKeys,
  parsePublicKeys,
  publicPart,
  type SealingKey,
} from './sealing/key-set.ts';
export { createOpener, type IsOurs, type Opener } from './sealing/opener.ts';
export { findKids, resealConfig } from './sealing/rotation.ts';
export { createSealer, type Sealer } from './sealing/sealer.ts';
export type { LaunchInput, LaunchVerdict } from './sessions/bulk-acceptance.ts';
export type { CancelledSessions, CancelVerdict } from './sessions/bulk-cancel.ts';
export type { SendOptions } from './sessions/send-message.ts';
export type { InfoPage, SessionManager } from './sessions/session-manager.ts';
export type { MessageViewPage, SessionMessages } from './sessions/session-messages.ts';
export type { SessionStop } from './sessions/session-stop.ts';
export { defaultWorkRoot } from './settings/default-work-root.ts';
export { absolutePath, intVariable, listVariable, parseEnv } from './settings/env.ts';
export { policyOf } from './settings/policy-settings.ts';
export { sharedSettings } from './settings/settings.ts';
export { type Adopter, createAdopter } from './store/adopt.ts';
export {
  type CaptureStore,
  createCaptureStore,
  PACK_CHUNK_MAX_BYTES,
} from './store/capture-store.ts';
export { type Claims, createClaims } from './store/claim.ts';
export { createStoreClock, type StoreClock } from './store/clock.ts';
export { readConversation } from './store/conversation.ts';
export type { ConversationTree, EndedSession } from './store/conversation-tree.ts';
export { badCursor, decodeCursor, encodeCursor } from './store/cursor.ts';
export type { DeliveryStore } from './store/delivery-store.ts';
export { type EventStore, PAGE_MAX_BYTES } from './store/event-store.ts';
export { createFileStore, type FileStore } from './store/file-store.ts';
export { FILE_CHUNK_BYTES, type NewFile, tooLarge } from './store/file-upload.ts';
export type { AttemptRecord, OwnerNews } from './store/guarded-writer.ts';
export { createKeyStore, type KeyStore, type StoredKey } from './store/key-store.ts';
export { createLeaderLease, type LeaderLease } from './store/leader-lease.ts';
export { createLoginStore, LOGIN_LASTS_MS, type LoginStore } from './store/login-store.ts';
export type { DeliveredMessage, MessageStore } from './store/message-store.ts';
export { connectMongo, ensureIndexes, type Mongo } from './store/mongo.ts';
export { findOpenableSessions } from './store/openable-sessions.ts';
export type { Ending, OwnedSession, Progress } from './store/owned-session.ts';
export { PART_CHUNK_BYTES } from './store/part-store.ts';
export { createReconcileStore, type ReconcileStore } from './store/reconcile-store.ts';
export type { ScheduleStore } from './store/schedule-store.ts';
export type { SecretStore } from './store/secret-store.ts';
export type { SessionHeads } from './store/session-heads.ts';
export type { SessionFilter, SessionLabel, SessionStore } from './store/session-store.ts';
export type { StopRequests } from './store/stop-requests.ts';
export { createStores, type Stores } from './store/stores.ts';
export type { TombstoneStore } from './store/tombstone-store.ts';
export {
  CHUNK_MAX_BYTES,
  createTranscriptStore,
  type TranscriptStore,
} from './store/transcript-store.ts';
export { isMongoAway, isStoreAway, toUnavailable } from './store/unavailable.ts';
export type { UsageFilter, UsageStore } from './store/usage-store.ts';
export type { DeadAfter, WebhookStore } from './store/webhook-store.ts';
export { createWorkerStore, type WorkerStore } from './store/worker-store.ts';
export { followConversation, resolveFollowFrom } from './tail/follow-conversation.ts';
export { parsePosition } from './tail/follow-position.ts';
export { shareReads } from './tail/shared-reads.ts';
export { type StatusItem, statusChanges } from './tail/status-changes.ts';
export type { TailDeps, TailItem } from './tail/tail-loop.ts';
export { tailSession } from './tail/tail-session.ts';
export { createWebhookServices, type WebhookServices } from './webhooks/webhook-services.ts';
