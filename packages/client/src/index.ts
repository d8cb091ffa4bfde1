// The public surface of the client. This file only re-exports.
export type {
  BulkLaunch,
  CancelSelection,
  ContinueRequest,
  ErrorCode,
  Event,
  Failure,
  Info,
  LaunchRequest,
  MCPConfig,
  Message,
  MessageRequest,
  NewSchedule,
  Result,
  Schedule,
  ScheduleChanges,
  ScheduledLaunch,
  SentMessage,
  SessionConfig,
  SessionStatus,
  Spending,
  StatusChange,
  Totals,
  UsageGroup,
} from './api-types.ts';
export {
  BatonError,
  type ClientErrorCode,
  type ErrorDetails,
  isBatonError,
} from './baton-error.ts';
export type { CancelledSessions, CancelVerdict } from './cancel-many.ts';
export {
  type BatonClient,
  createClient,
  type SessionFilter,
} from './client.ts';
export type { FileCalls, UploadedFile } from './files.ts';
export type { Keyed } from './idempotency-key.ts';
export type { LaunchAnswer } from './launch-answer.ts';
export type { LaunchVerdict } from './launch-many.ts';
export type { CallOptions, ClientOptions } from './options.ts';
export type { Page, Paged } from './paged.ts';
export { parseLine, textOf } from './parse-line.ts';
export type { PageOptions, ScheduleCalls } from './schedules.ts';
export type { ConversationEvent, SessionCalls } from './session-calls.ts';
export type { EventOptions, PartialLine, StreamedEvent } from './session-events.ts';
export type { SendOptions, SessionHandle } from './session-handle.ts';
export type { MessageCalls } from './session-messages.ts';
export type {
  DiffAgainst,
  DiffOptions,
  WorkspaceCalls,
  WorkspaceChange,
  WorkspaceFile,
  WorkspacePath,
} from './session-workspace.ts';
export type { StatusOptions, StreamedStatus } from './status-changes.ts';
export type {
  ApiRetryLine,
  AssistantLine,
  BackgroundTasksLine,
  CompactBoundaryLine,
  ContentBlock,
  InitLine,
  MessageLine,
  OtherLine,
  ParsedLine,
  PermissionDeniedLine,
  PromptLine,
  ResultLine,
  StreamEventLine,
  TaskLine,
  UserLine,
} from './stream-lines.ts';
export type { Usage, UsageFilter } from './usage.ts';
