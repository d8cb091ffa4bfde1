import { z } from 'zod';

interface CodeFacts {
  /** HTTP status where the code can be an answer. */
  http?: number;
  /** Whether a session that fails so is tried again by default. */
  retryable: boolean;
  /** One sentence for people. */
  description: string;
}

/** The one catalogue of codes: HTTP answers and ways in which a session fails. */
export const ERROR_CODES = {
  INVALID_REQUEST: {
    http: 400,
    retryable: false,
    description: 'The request does not fit the schema.',
  },
  UNAUTHENTICATED: {
    http: 401,
    retryable: false,
    description: 'The caller did not say who it is.',
  },
  FORBIDDEN: { http: 403, retryable: false, description: 'The caller may not do this.' },
  NOT_FOUND: { http: 404, retryable: false, description: 'There is nothing at this address.' },
  SESSION_NOT_FOUND: { http: 404, retryable: false, description: 'No session has this id.' },
  LIMIT_NOT_FOUND: { http: 404, retryable: false, description: 'There is no such limit.' },
  WEBHOOK_NOT_FOUND: { http: 404, retryable: false, description: 'No webhook has this id.' },
  DELIVERY_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'No delivery of it has this id.',
  },
  TRANSCRIPT_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'The session has saved no such file.',
  },
  SCHEDULE_NOT_FOUND: { http: 404, retryable: false, description: 'No schedule has this id.' },
  PARENT_NOT_FOUND: {
    http: 404,
    retryable: false,
    description: 'No session has the id to continue.',
  },
  SESSION_NOT_TERMINAL: {
    http: 409,
    retryable: false,
    description:
      'The session to continue, or one of the conversation to delete, has not ended yet.',
  },
  SESSION_DELETED: { http: 410, retryable: false, description: 'The session was deleted.' },
  SESSION_TERMINAL: { http: 409, retryable: false, description: 'The session has ended already.' },
  PARENT_NOT_RESUMABLE: {
    http: 409,
    retryable: false,
    description: 'The session to continue left no transcript.',
  },
  IDEMPOTENCY_CONFLICT: {
    http: 409,
    retryable: false,
    description: 'The idempotency key was used with another body.',
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
    description: 'The body is compressed: bodies are read as they are.',
  },
  WORKING_DIR_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'The working directory is outside the allowed roots.',
  },
  WEBHOOK_URL_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'Nothing may be sent to this address.',
  },
  ENV_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'The environment name may not be set by a caller.',
  },
  PERMISSION_MODE_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'The operator does not allow this permission mode.',
  },
  OPTION_NOT_ALLOWED: {
    http: 422,
    retryable: false,
    description: 'The operator does not allow this part of a config.',
  },
  LIMIT_EXCEEDED: {
    http: 429,
    retryable: true,
    description: 'A limit is reached; ask again later.',
  },
  INTERNAL: {
    http: 500,
    retryable: false,
    description: 'Baton failed in a way it did not foresee.',
  },
  UNAVAILABLE: { http: 503, retryable: true, description: 'Redis or MongoDB does not answer.' },
  FENCE_LOST: {
    retryable: false,
    description: 'Another worker holds the session under a newer fence.',
  },
  INVALID_CONFIG: { retryable: false, description: 'The settings of this process are wrong.' },
  WORKING_DIR_NOT_FOUND: {
    retryable: false,
    description: 'The working directory is not there on the worker.',
  },
  SECRET_NOT_OPENED: {
    retryable: false,
    description: 'A sealed secret cannot be opened by the worker.',
  },
  CLAUDE_NOT_FOUND: { retryable: false, description: 'The claude CLI is not there on the worker.' },
  CLAUDE_TOO_OLD: { retryable: false, description: 'The claude CLI on the worker is too old.' },
  CLAUDE_BAD_FLAGS: { retryable: false, description: 'The claude CLI refused its arguments.' },
  AUTHENTICATION: { retryable: false, description: 'The API refused the credentials.' },
  BILLING: { retryable: false, description: 'The API refused for want of credit.' },
  PERMISSION: {
    retryable: false,
    description: 'The credentials may not use this model or feature.',
  },
  RATE_LIMITED: { retryable: true, description: 'The account is rate limited.' },
  OVERLOADED: { retryable: true, description: 'The API is overloaded.' },
  SERVER_ERROR: { retryable: true, description: 'The API failed on its side.' },
  CONNECTION: { retryable: true, description: 'The API could not be reached.' },
  API_INVALID_REQUEST: { retryable: false, description: 'The API refused the request as invalid.' },
  MODEL_NOT_FOUND: { retryable: false, description: 'The API does not know the model.' },
  PROMPT_TOO_LONG: { retryable: false, description: 'The conversation is too long for the model.' },
  MAX_TURNS: { retryable: false, description: 'The limit of turns was reached.' },
  BUDGET_EXCEEDED: { retryable: false, description: 'The budget was spent.' },
  STRUCTURED_OUTPUT_INVALID: {
    retryable: false,
    description: 'The session gave no structured answer that fits json_schema.',
  },
  REFUSED: { retryable: false, description: 'The model refused to answer.' },
  MAX_OUTPUT_TOKENS: {
    retryable: false,
    description: 'The answer is longer than the model may write.',
  },
  TOOL_DEFERRED: {
    retryable: false,
    description: 'A hook put a tool call off, and nobody is there to decide it.',
  },
  EXECUTION_ERROR: { retryable: false, description: 'The turn ended with an error of the CLI.' },
  CONVERSATION_NOT_FOUND: { retryable: false, description: 'The CLI did not find the transcript.' },
  TRANSCRIPT_CORRUPT: {
    retryable: false,
    description: 'The stored transcript is not what was saved.',
  },
  STARTUP_TIMEOUT: { retryable: true, description: 'The CLI printed no event in time.' },
  IDLE_TIMEOUT: { retryable: true, description: 'The CLI printed nothing for too long.' },
  WALL_CLOCK_TIMEOUT: { retryable: false, description: 'The session took longer than allowed.' },
  INTERRUPT_TIMEOUT: { retryable: false, description: 'The turn did not end after an interrupt.' },
  CRASHED: { retryable: false, description: 'The session lost its worker too often.' },
  KILLED: { retryable: true, description: 'The CLI was ended by a signal from elsewhere.' },
  OUT_OF_MEMORY: { retryable: false, description: 'The CLI ran out of memory.' },
  PROTOCOL: {
    retryable: false,
    description: 'The CLI ended without a result line that is understood.',
  },
  NO_ANSWER: { retryable: false, description: 'The CLI reported success without taking a turn.' },
  HOST_ERROR: {
    retryable: true,
    description:
      'The host of the worker could not run the CLI (disk, memory, processes or open files).',
  },
  PROCESS_NOT_ENDED: {
    retryable: false,
    description: 'The worker could not end the CLI, which may still work on the session.',
  },
  STORE_UNAVAILABLE: { retryable: true, description: 'The worker could not reach its stores.' },
} as const satisfies Record<string, CodeFacts>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Any code of the catalogue. */
export const errorCodeSchema = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

/** The facts of a code, with the optional ones readable for every code. */
export function codeFacts(code: ErrorCode): CodeFacts {
  return ERROR_CODES[code];
}
