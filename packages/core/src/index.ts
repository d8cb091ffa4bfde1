// The public surface of core: what the apps and library users build on. Nothing here but re-exports.
export type { Acceptance } from './acceptance.ts';
export { type Admission, createAdmission } from './admission.ts';
export type { LaunchAsked, LaunchVerdict } from './bulk-acceptance.ts';
export { type Closers, createClosers } from './closers.ts';
export { withDeadline } from './deadline.ts';
export { defaultWorkRoot } from './default-work-root.ts';
export { intVariable, listVariable, parseEnv } from './env.ts';
export { firedSessionId, launchOfFiring } from './firing.ts';
export { createLimitBook, type LimitBook } from './limit-book.ts';
export { createLogger, LOG_LEVELS, type Logger } from './log.ts';
export {
  type ApiKey,
  isSecretOf,
  parseKeyText,
  SCOPES,
  type Scope,
  scopeSchema,
} from './model/api-key.ts';
export { AppError, type ErrorDetails, isAppError } from './model/app-error.ts';
export { assertNever } from './model/assert-never.ts';
export { checkOverrides, checkPolicy, POLICY_CODES } from './model/check-policy.ts';
export {
  type ContinueSessionConfig,
  continueSessionConfigSchema,
  inheritConfig,
  type Overrides,
  overridesSchema,
} from './model/continue-config.ts';
export { recoveryOf } from './model/crash-verdict.ts';
export { cutText } from './model/cut-text.ts';
export { forbiddenEnvName } from './model/env-names.ts';
export { codeFacts, ERROR_CODES, type ErrorCode, errorCodeSchema } from './model/error-codes.ts';
export {
  boundRaw,
  type Event,
  type EventView,
  eventViewSchema,
  promptLine,
  toEventView,
} from './model/event.ts';
export type { Failure } from './model/failure.ts';
export { addHostFailure, type HostFailure, hostVerdict } from './model/host-failures.ts';
export { idSchema, newId } from './model/id.ts';
export {
  type Accepted,
  DEFAULT_TENANT,
  idempotencyKeySchema,
  idOfKey,
} from './model/idempotency.ts';
export { type Info, infoSchema, isResumable, toInfo } from './model/info.ts';
export {
  continueJobSchema,
  JOB_MAX_BYTES,
  type Job,
  jobSchema,
  launchJobSchema,
  QUEUE_PREFIX,
  SESSION_QUEUE,
} from './model/job.ts';
export { type JobSource, jobOfSession } from './model/job-of-session.ts';
export { type JsonSchema, jsonSchemas, type SchemaName } from './model/json-schema.ts';
export {
  LIMIT_KINDS,
  type LimitView,
  limitCapsSchema,
  limitViewSchema,
} from './model/limit.ts';
export { type StatusChange, statusChangeSchema } from './model/live.ts';
export type { MCPConfig, MCPServer } from './model/mcp-config.ts';
export type { FailureFacts, Outcome } from './model/outcome.ts';
export { checkParent } from './model/parent.ts';
export { describeIssue, parseInput } from './model/parse-input.ts';
export {
  type Allowed,
  BYPASS_MODE,
  DEFAULT_POLICY,
  FORBIDDABLE_OPTIONS,
  type Governed,
  type Policy,
} from './model/policy.ts';
export { directoriesOf } from './model/policy-rules.ts';
export {
  costOf,
  DEFAULT_PRICES,
  type Price,
  type PricedUsage,
  type Prices,
  priceOf,
  pricesSchema,
} from './model/prices.ts';
export { REDACTED, redactConfig, redactJob } from './model/redact.ts';
export { redactNamed } from './model/redact-named.ts';
export {
  type BulkLaunch,
  bulkLaunchSchema,
  continueRequestSchema,
  type LaunchRequest,
  launchRequestSchema,
  splitRequest,
} from './model/request.ts';
export { boundResult, type Result, resultSchema, type Usage, usageSchema } from './model/result.ts';
export { isBeyond, markOf, splitMark, withMark } from './model/resume-mark.ts';
export {
  newScheduleSchema,
  type Schedule,
  type ScheduledLaunch,
  scheduleChangesSchema,
  scheduleViewSchema,
  toScheduleView,
} from './model/schedule.ts';
export { redactText, secretsOf } from './model/secrets.ts';
export type { Attempt, Session } from './model/session.ts';
export {
  PERMISSION_MODES,
  SETTING_SOURCES,
  type SessionConfig,
  sessionConfigSchema,
} from './model/session-config.ts';
export {
  type JobOptions,
  type SessionOptions,
  sessionOptionsSchema,
} from './model/session-options.ts';
export {
  canMove,
  isTerminal,
  SESSION_STATUSES,
  type SessionStatus,
  sessionStatusSchema,
} from './model/status.ts';
export { timeSchema } from './model/time.ts';
export { addTotals, NO_TOTALS, type Totals } from './model/totals.ts';
export {
  claudeIdOf,
  hasTranscript,
  mainTranscriptPath,
  type TranscriptFile,
  type TranscriptManifest,
} from './model/transcript.ts';
export {
  addSpending,
  NO_SPENDING,
  type Spending,
  spendingSchema,
  USAGE_GROUPS,
  type UsageGroup,
} from './model/usage.ts';
export {
  type OnBusy,
  onBusySchema,
  type WaitingFor,
  waitingForSchema,
} from './model/waiting-for.ts';
export {
  madeWebhookSchema,
  newWebhookSchema,
  toWebhookView,
  type Webhook,
  webhookChangesSchema,
  webhookViewSchema,
} from './model/webhook.ts';
export {
  type AddressRange,
  checkWebhookUrl,
  mayConnect,
  parseRange,
} from './model/webhook-address.ts';
export {
  type Delivery,
  type DeliveryTry,
  deliveryViewSchema,
  toDeliveryView,
} from './model/webhook-delivery.ts';
export { type WebhookEvent, webhookEventSchema } from './model/webhook-event.ts';
export { newWebhookSecret, signWebhook } from './model/webhook-signature.ts';
export { isInsideRoots } from './model/working-dir.ts';
export { type OpenSchedules, openSchedules } from './open-schedules.ts';
export { type OpenWebhooks, openWebhooks } from './open-webhooks.ts';
export { policyOf } from './policy-settings.ts';
export { createProducer } from './producer.ts';
export { createBackend } from './queue/backend.ts';
export { type ControlMessage, subscribeControl } from './queue/control.ts';
export { createJobUpkeep, type JobUpkeep } from './queue/job-upkeep.ts';
export { DEFAULT_KEPT, type KeptJobs, keptJobs } from './queue/kept-jobs.ts';
export type { LivePublisher } from './queue/live.ts';
export { createLiveHub, type LiveHub } from './queue/live-hub.ts';
export type { ContinueOptions, Enqueued, EnqueueOptions, Producer } from './queue/producer.ts';
export { type FoundJob, jobOptions } from './queue/queued-job.ts';
export { problemOf } from './queue/readable-job.ts';
export { openWorkerRedis, type RedisConnection } from './queue/redis.ts';
export { redisTroubleOf, toQueueError } from './queue/redis-trouble.ts';
export { createRedisWatch, type RedisWatch } from './queue/redis-watch.ts';
export { firingJobSchema, SCHEDULE_QUEUE, SCHEDULE_SETTINGS } from './queue/schedule-queue.ts';
export {
  createSessionQueue,
  type SessionQueue,
  type SessionQueueOptions,
} from './queue/session-queue.ts';
export {
  deliveryJobSchema,
  WEBHOOK_QUEUE,
  type WebhookQueue,
} from './queue/webhook-queue.ts';
export type { Schedules } from './schedules.ts';
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
export { kidsOf, resealConfig } from './sealing/rotation.ts';
export { createSealer, NO_SEALER, type Sealer } from './sealing/sealer.ts';
export {
  createSessionDeletion,
  type DeletionState,
  type SessionDeletion,
} from './session-deletion.ts';
export {
  createSessionManager,
  type InfoPage,
  type SessionManager,
} from './session-manager.ts';
export { createSessionStop, type SessionStop } from './session-stop.ts';
export { sharedSettings } from './settings.ts';
export { type Adopter, createAdopter } from './store/adopt.ts';
export { type Claim, type Claimant, type Claims, createClaims } from './store/claim.ts';
export { createStoreClock, type StoreClock } from './store/clock.ts';
export {
  type ConversationEvent,
  type ConversationPage,
  readConversation,
} from './store/conversation.ts';
export {
  type ConversationTree,
  createConversationTree,
  type EndedSession,
} from './store/conversation-tree.ts';
export type { DeliveryStore } from './store/delivery-store.ts';
export { createDuty, type Duty } from './store/duty.ts';
export { createEventStore, type EventStore, PAGE_MAX_BYTES } from './store/event-store.ts';
export { createKeyStore, type KeyStore, type StoredKey } from './store/key-store.ts';
export { createLoginStore, LOGIN_LASTS_MS, type LoginStore } from './store/login-store.ts';
export { connectMongo, ensureIndexes, type Mongo } from './store/mongo.ts';
export {
  type AttemptEnding,
  createOwnedSession,
  type Ending,
  type Held,
  type OwnedSession,
  type Progress,
} from './store/owned-session.ts';
export { createReconcileStore, type ReconcileStore } from './store/reconcile-store.ts';
export type { ScheduleStore } from './store/schedule-store.ts';
export { createSecretStore, type SecretStore } from './store/secret-store.ts';
export { createSessionHeads, type SessionHeads } from './store/session-heads.ts';
export {
  createSessionStore,
  type SessionFilter,
  type SessionLabel,
  type SessionPage,
  type SessionStore,
} from './store/session-store.ts';
export { createStopRequests, type StopRequests } from './store/stop-requests.ts';
export { createTombstoneStore, type TombstoneStore } from './store/tombstone-store.ts';
export {
  CHUNK_MAX_BYTES,
  type ChunkPlace,
  createTranscriptStore,
  type TranscriptStore,
} from './store/transcript-store.ts';
export { isMongoAway, isStoreAway } from './store/unavailable.ts';
export {
  createUsageStore,
  type UsageFilter,
  type UsageGroupSum,
  type UsageStore,
} from './store/usage-store.ts';
export type { DeadAfter, WebhookStore } from './store/webhook-store.ts';
export { type FollowFrom, followConversation, toldFrom } from './tail/follow-conversation.ts';
export { parsePosition } from './tail/follow-position.ts';
export { shareReads } from './tail/shared-reads.ts';
export { type StatusItem, statusChanges } from './tail/status-changes.ts';
export type { TailDeps, TailItem } from './tail/tail-loop.ts';
export { tailSession } from './tail/tail-session.ts';
export { tellingMoves, tellingStops } from './telling.ts';
export type { WebhookDispatch } from './webhook-dispatch.ts';
