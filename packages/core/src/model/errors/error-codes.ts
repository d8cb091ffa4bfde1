import { z } from 'zod';

interface CodeFacts {
  /** The HTTP status of a response with this code; absent if no response has it. */
  http?: number;
  /** Whether Baton by default retries a session that fails with this code. */
  retryable: boolean;
  /** A sentence that explains the code to people. */
  description: string;
}

/**
 * All error codes: of HTTP responses, of failed sessions, and of errors inside Baton's processes.
 */
export const ERROR_CODES = {
  INVALID_REQUEST: {
    http: 400,
    retryable: false,
    description: 'The request does not fit the schema.',
  },
  UNAUTHENTICATED: {
    http: 401,
    retryable: false,
    description: 'The request has no valid credentials.',
  },
  FORBIDDEN: { http: 403, retryable: false, description: 'The caller may not do this.' },
  NOT_FOUND: { http: 404, retryable: false, description: 'The API has no such route.' },
  SESSION_NOT_FOUND: { http: 404, retryable: false, description: 'No session has this id.' },
  LIMIT_NOT_FOUND: { http: 404, retryable: false, description: 'No limit has this kind and name.' },
  WEBHOOK_NOT_FOUND: { http: 404, retryable: false, description: 'No webhook has this id.' },
  DELIVERY_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'The webhook has no delivery with this id.',
  },
  TRANSCRIPT_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'The session has no transcript file with this path.',
  },
  SCHEDULE_NOT_FOUND: { http: 404, retryable: false, description: 'No schedule has this id.' },
  EVENT_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'The session has no event with this number.',
  },
  MESSAGE_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'The session has no message with this id.',
  },
  FILE_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'No uploaded file has this id, or it has expired.',
  },
  WORKSPACE_NOT_CAPTURED: {
    http: 404,
    retryable: false,
    description: "The session's files are not stored: no capture of them was taken.",
  },
  WORKSPACE_FILE_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: "The capture of the session's files has no such path.",
  },
  PARENT_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'The session to continue does not exist.',
  },
  SESSION_NOT_TERMINAL: {
    http: 409,
    retryable: false,
    description:
      'The session to continue, or a session of the conversation to delete, has not ended yet.',
  },
  SESSION_DELETED: { http: 410, retryable: false, description: 'The session was deleted.' },
  SESSION_TERMINAL: { http: 409, retryable: false, description: 'The session has ended already.' },
  MESSAGE_NOT_QUEUED: {
    http: 409,
    retryable: false,
    description: 'The message cannot be taken back: it was sent, or its session has ended.',
  },
  PARENT_NOT_RESUMABLE: {
    http: 409,
    retryable: false,
    description: 'The session to continue has no transcript to resume.',
  },
  SESSION_NOT_RERUNNABLE: {
    http: 409,
    retryable: false,
    description: 'The session cannot be run again, because its own request was refused.',
  },
  EVENT_NOT_IN_TRANSCRIPT: {
    http: 409,
    retryable: false,
    description:
      'A conversation cannot continue from this event, because it is not in the transcript.',
  },
  IDEMPOTENCY_CONFLICT: {
    http: 409,
    retryable: false,
    description: 'The idempotency key was already used with a different request.',
  },
  WEBHOOK_DISABLED: { http: 409, retryable: false, description: 'The webhook is disabled.' },
  PAYLOAD_TOO_LARGE: {
    http: 413,
    retryable: false,
    description: 'The request is larger than the limit.',
  },
  CONTENT_ENCODING_NOT_SUPPORTED: {
    http: 415,
    retryable: false,
    description: 'The body is compressed, but Baton accepts only uncompressed bodies.',
  },
  WORKING_DIR_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'The working directory is outside the allowed roots.',
  },
  WEBHOOK_URL_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'Baton may not send webhooks to this address.',
  },
  ENV_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'A caller may not set this environment variable.',
  },
  PERMISSION_MODE_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'The operator does not allow this permission mode.',
  },
  OPTION_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'The operator does not allow this option of a config.',
  },
  REPOSITORY_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description:
      'The operator does not allow this repository, or Baton may not connect to its address.',
  },
  FILE_PATH_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: "An uploaded file may not be put at this path of a session's directory.",
  },
  CONTENT_TYPE_NOT_SUPPORTED: {
    http: 422,
    retryable: false,
    description: 'The bytes are not of a type that Claude reads as this kind of content.',
  },
  FILE_IN_USE: {
    http: 409,
    retryable: false,
    description: 'A session uses the file, so it cannot be deleted.',
  },
  CONVERSATION_KEY_NOT_SUPPORTED: {
    http: 422,
    retryable: false,
    description: 'A producer without MongoDB cannot find the conversation of a key.',
  },
  LIMIT_EXCEEDED: {
    http: 429,
    retryable: true,
    description: 'A limit is reached. Try again later.',
  },
  TOO_MANY_MESSAGES: {
    http: 429,
    retryable: true,
    description: 'The session still has to deliver too many messages. Try again later.',
  },
  WORKER_OUTDATED: {
    http: 409,
    retryable: true,
    description: 'The session runs on a worker of an older version, which takes no messages.',
  },
  INTERNAL: {
    http: 500,
    retryable: false,
    description: 'Baton failed unexpectedly.',
  },
  UNAVAILABLE: { http: 503, retryable: true, description: 'Redis or MongoDB does not answer.' },
  CAPACITY_EXCEEDED: {
    http: 503,
    retryable: true,
    description:
      'This process already does as much of this work as it may at once. Try again later.',
  },
  FENCE_LOST: {
    retryable: false,
    description: 'Another worker holds the session under a newer fence.',
  },
  INVALID_CONFIG: { retryable: false, description: 'The settings of this process are wrong.' },
  WORKING_DIR_NOT_FOUND: {
    retryable: false,
    description: 'The working directory does not exist on the worker.',
  },
  SECRET_NOT_OPENED: {
    retryable: false,
    description: 'The worker cannot decrypt a sealed secret.',
  },
  CLAUDE_NOT_FOUND: { retryable: false, description: 'The worker did not find the claude CLI.' },
  CLAUDE_TOO_OLD: { retryable: false, description: 'The claude CLI on the worker is too old.' },
  CLAUDE_BAD_FLAGS: { retryable: false, description: 'The claude CLI refused its arguments.' },
  AUTHENTICATION: { retryable: false, description: 'The Anthropic API refused the credentials.' },
  BILLING: { retryable: false, description: 'The Anthropic account has no credit.' },
  PERMISSION: {
    retryable: false,
    description: 'The credentials do not give access to this model or feature.',
  },
  RATE_LIMITED: { retryable: true, description: 'The Anthropic account is rate limited.' },
  OVERLOADED: { retryable: true, description: 'The Anthropic API is overloaded.' },
  SERVER_ERROR: { retryable: true, description: 'The Anthropic API had an internal error.' },
  CONNECTION: { retryable: true, description: 'The CLI could not reach the Anthropic API.' },
  API_INVALID_REQUEST: {
    retryable: false,
    description: 'The Anthropic API refused the request as invalid.',
  },
  MODEL_NOT_FOUND: { retryable: false, description: 'The Anthropic API does not know the model.' },
  PROMPT_TOO_LONG: { retryable: false, description: 'The conversation is too long for the model.' },
  MAX_TURNS: { retryable: false, description: 'The session reached its limit of turns.' },
  BUDGET_EXCEEDED: { retryable: false, description: 'The session spent its budget.' },
  STRUCTURED_OUTPUT_INVALID: {
    retryable: false,
    description: 'The session gave no structured answer that matches json_schema.',
  },
  REFUSED: { retryable: false, description: 'The model refused to answer.' },
  MAX_OUTPUT_TOKENS: {
    retryable: false,
    description: "The answer exceeds the model's limit of output tokens.",
  },
  TOOL_DEFERRED: {
    retryable: false,
    description: 'A hook deferred a tool call, and nobody can decide on it.',
  },
  EXECUTION_ERROR: { retryable: false, description: 'The turn ended with an error in the CLI.' },
  CONVERSATION_NOT_FOUND: { retryable: false, description: 'The CLI did not find the transcript.' },
  TRANSCRIPT_CORRUPT: {
    retryable: false,
    description: 'The stored transcript differs from what was saved.',
  },
  WORKSPACE_CORRUPT: {
    http: 500,
    retryable: false,
    description: "The stored capture of the session's files differs from what was saved.",
  },
  WORKSPACE_TOO_LARGE: {
    retryable: false,
    description:
      "The session's files exceed the worker's WORKSPACE_MAX_BYTES or WORKSPACE_MAX_FILES.",
  },
  REPOSITORY_NOT_FOUND: {
    retryable: false,
    description: 'The repository does not exist, or its credentials do not show it.',
  },
  REPOSITORY_AUTH: {
    retryable: false,
    description:
      'The git server refused the credentials, or asked for credentials that it did not get.',
  },
  REF_NOT_FOUND: {
    retryable: false,
    description: 'The repository has no such branch, tag or commit, or no such subdirectory.',
  },
  REPOSITORY_UNAVAILABLE: {
    retryable: true,
    description: 'The git server did not answer, or broke off.',
  },
  REPOSITORY_PUSH_REJECTED: {
    retryable: false,
    description: "The git server did not accept the session's branch.",
  },
  WORKSPACE_SETUP_FAILED: {
    retryable: false,
    description: 'A setup command of the workspace failed or took too long.',
  },
  STARTUP_TIMEOUT: { retryable: true, description: 'The CLI printed no event in time.' },
  IDLE_TIMEOUT: { retryable: true, description: 'The CLI printed nothing for too long.' },
  WALL_CLOCK_TIMEOUT: { retryable: false, description: 'The attempt took longer than allowed.' },
  INTERRUPT_TIMEOUT: { retryable: false, description: 'The turn did not end after an interrupt.' },
  CRASHED: {
    retryable: false,
    description: 'The worker of the session died, and the config allows no further attempt.',
  },
  KILLED: { retryable: true, description: 'A signal that Baton did not send ended the CLI.' },
  OUT_OF_MEMORY: { retryable: false, description: 'The CLI ran out of memory.' },
  PROTOCOL: {
    retryable: false,
    description: 'The CLI ended without a result line that Baton understands.',
  },
  NO_ANSWER: { retryable: false, description: 'The CLI reported success without taking a turn.' },
  HOST_ERROR: {
    retryable: true,
    description:
      "The worker's machine could not run the CLI (disk, memory, processes or open files).",
  },
  PROCESS_NOT_ENDED: {
    retryable: false,
    description: 'The worker could not end the CLI, which may still be running.',
  },
  STORE_UNAVAILABLE: {
    retryable: true,
    description: 'The worker could reach neither Redis nor MongoDB.',
  },
} as const satisfies Record<string, CodeFacts>;

/** An error code. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Schema of an error code. */
export const errorCodeSchema = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

/**
 * Returns the facts about a code. Unlike the type of ERROR_CODES, the returned type has the optional fields for every
 * code.
 */
export function codeFacts(code: ErrorCode): CodeFacts {
  return ERROR_CODES[code];
}
