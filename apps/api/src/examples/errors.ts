import { codeFacts, type ErrorCode } from '@baton/core/internal';
import type { ErrorBody } from '../http/http-error.ts';
import type { Example } from './example.ts';
import { FILE, MESSAGE, OTHER, SESSION } from './ids.ts';

type ErrorFields = Partial<Pick<ErrorBody['error'], 'message' | 'details'>>;

// Messages and details for the examples of some codes. Without an entry here, the message is the
// code's description in ERROR_CODES.
const ERROR_FIELDS: Partial<Record<ErrorCode, ErrorFields>> = {
  INVALID_REQUEST: {
    message: 'max_turns: expected more than 0',
    details: { field: 'max_turns' },
  },
  CONTENT_ENCODING_NOT_SUPPORTED: {
    message: 'content-encoding: expected none or identity; send the body uncompressed',
    details: { field: 'content-encoding' },
  },
  SESSION_NOT_FOUND: { message: `no session ${OTHER}` },
  PARENT_NOT_FOUND: {
    message: `no session ${OTHER} to continue`,
    details: { field: 'parent_session_id' },
  },
  SESSION_NOT_TERMINAL: {
    message: `session ${SESSION} is running; continue it once it has ended`,
    details: { field: 'parent_session_id', status: 'running' },
  },
  PARENT_NOT_RESUMABLE: {
    message: `session ${SESSION} has no transcript to resume`,
    details: { field: 'parent_session_id' },
  },
  SESSION_NOT_RERUNNABLE: {
    message: `the request of session ${OTHER} was refused, so Baton has no complete config to run again`,
  },
  EVENT_NOT_FOUND: {
    message: `at: expected the seq of an event of session ${SESSION}, got 400`,
    details: { field: 'at' },
  },
  EVENT_NOT_IN_TRANSCRIPT: {
    message:
      'at: expected an assistant or user event of the session itself, with a uuid; event 12 is not one',
    details: { field: 'at' },
  },
  FILE_NOT_FOUND: {
    message: `files.0.file_id: no file ${OTHER}, or it has expired`,
    details: { field: 'files.0.file_id' },
  },
  FILE_IN_USE: { message: `a session or a schedule uses file ${FILE}` },
  FILE_PATH_NOT_ALLOWED: {
    message:
      'files.0.path: expected another path, because the operator does not allow configuration of Claude Code in the directory',
    details: { field: 'files.0.path' },
  },
  IDEMPOTENCY_CONFLICT: {
    message:
      'the idempotency key was already used with a different request; use a new key for a new session',
    details: { field: 'idempotency_key', id: SESSION },
  },
  MESSAGE_NOT_FOUND: { message: `session ${SESSION} has no message ${OTHER}` },
  MESSAGE_NOT_QUEUED: {
    message: `message ${MESSAGE} cannot be taken back: it is delivered`,
    details: { status: 'delivered' },
  },
  WORKER_OUTDATED: {
    message: `session ${SESSION} runs on a worker of an older version, which takes no messages; try again later`,
  },
  TOO_MANY_MESSAGES: {
    message: `session ${SESSION} still has to deliver 100 messages of 4120 bytes; expected at most 100 messages; try again later`,
    details: { over: 'messages', messages: 100, bytes: 4120 },
  },
  WORKSPACE_NOT_CAPTURED: {
    message: `the files of session ${SESSION} are not stored: it works in a directory that its caller named`,
    details: { reason: 'path' },
  },
  WORKSPACE_FILE_NOT_FOUND: {
    message: '"src/cart.ts": the capture has no such path',
    details: { field: 'path' },
  },
  CAPACITY_EXCEEDED: { details: { retry_after_s: 5 } },
  WORKING_DIR_NOT_ALLOWED: {
    message: 'working_dir: expected a directory inside an allowed root, got /etc',
    details: { field: 'working_dir' },
  },
  WEBHOOK_URL_NOT_ALLOWED: {
    message: 'url: expected https to a public address, or an address that the operator allows',
    details: { field: 'url' },
  },
  ENV_NOT_ALLOWED: { details: { field: 'env.PATH' } },
  PERMISSION_MODE_NOT_ALLOWED: { details: { field: 'permission_mode' } },
  OPTION_NOT_ALLOWED: { details: { field: 'permission_prompt_tool' } },
  LIMIT_EXCEEDED: {
    message:
      'the limit tag:support is reached: max_sessions_at_once is 20; try again in 5 s, or set on_limit to "wait"',
    details: { limit: 'tag:support', cap: 'max_sessions_at_once', max: 20, retry_after_s: 5 },
  },
};

/** Returns an example of an error answer with this code. */
export function errorExample(code: ErrorCode): Example<ErrorBody> {
  const { description } = codeFacts(code);
  return {
    summary: description,
    value: { error: { code, message: description, ...ERROR_FIELDS[code] } },
  };
}
