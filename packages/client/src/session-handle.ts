import type { ContinueRequest, Info, Message, MessageRequest, SentMessage } from './api-types.ts';
import type { Keyed } from './idempotency-key.ts';
import type { CallOptions } from './options.ts';
import type { Paged } from './paged.ts';
import type { PageOptions } from './schedules.ts';
import type { ConversationEvent, SessionCalls } from './session-calls.ts';
import type { EventOptions, StreamedEvent } from './session-events.ts';
import type { MessageCalls } from './session-messages.ts';
import { checkId } from './session-path.ts';
import type {
  DiffOptions,
  WorkspaceCalls,
  WorkspaceChange,
  WorkspaceFile,
  WorkspacePath,
} from './session-workspace.ts';

/** How a session gets a message: everything of a MessageRequest except its content. */
export type SendOptions = Omit<MessageRequest, 'content'> & CallOptions & Keyed;

/** The calls for one session. Each does what the client's method of the same name does. */
export interface SessionHandle {
  readonly id: string;
  /**
   * Sends a message with this text. Throws SESSION_TERMINAL if the session has ended, unless
   * `on_ended` is `continue`.
   */
  send(content: string, options?: SendOptions): Promise<SentMessage>;
  /** Lists the messages to the session, oldest first. */
  messages(options?: PageOptions): Paged<Message>;
  /**
   * Takes a message back. Throws MESSAGE_NOT_QUEUED if a worker has sent it to Claude or the
   * session has ended.
   */
  cancelMessage(messageId: string, options?: CallOptions): Promise<Message>;
  get(options?: CallOptions & { include?: 'config' | undefined }): Promise<Info>;
  continue(request: ContinueRequest, options?: CallOptions & Keyed): Promise<Info>;
  rerun(options?: CallOptions & Keyed): Promise<Info>;
  conversation(options?: PageOptions): Paged<ConversationEvent>;
  events(options?: EventOptions): AsyncGenerator<StreamedEvent, void>;
  waitForResult(options?: CallOptions): Promise<Info>;
  files(options?: Parameters<WorkspaceCalls['workspaceFiles']>[1]): Paged<WorkspaceFile>;
  file(
    file: string | WorkspacePath,
    options?: Parameters<WorkspaceCalls['file']>[2],
  ): Promise<Response>;
  diff(options?: Parameters<WorkspaceCalls['diff']>[1]): Paged<WorkspaceChange>;
  patch(options?: CallOptions & DiffOptions): Promise<string>;
  archive(options?: Parameters<WorkspaceCalls['archive']>[1]): Promise<Response>;
  cancel(options?: CallOptions): Promise<Info>;
  interrupt(options?: CallOptions): Promise<Info>;
  delete(options?: CallOptions): Promise<'gone' | 'deleting'>;
}

/** Returns the calls for the session `id`. Throws INVALID_REQUEST if `id` cannot be an id. */
export function createSessionHandle(
  client: SessionCalls & MessageCalls & WorkspaceCalls,
  id: string,
): SessionHandle {
  checkId(id);
  return {
    id,
    send: (content, { idempotencyKey, signal, timeoutMs, ...wishes } = {}) =>
      client.send(id, { content, ...wishes }, { idempotencyKey, signal, timeoutMs }),
    messages: (options) => client.messages(id, options),
    cancelMessage: (messageId, options) => client.cancelMessage(id, messageId, options),
    get: (options) => client.get(id, options),
    continue: (request, options) => client.continue(id, request, options),
    rerun: (options) => client.rerun(id, options),
    conversation: (options) => client.conversation(id, options),
    events: (options) => client.events(id, options),
    waitForResult: (options) => client.waitForResult(id, options),
    files: (options) => client.workspaceFiles(id, options),
    file: (file, options) => client.file(id, file, options),
    diff: (options) => client.diff(id, options),
    patch: (options) => client.patch(id, options),
    archive: (options) => client.archive(id, options),
    cancel: (options) => client.cancel(id, options),
    interrupt: (options) => client.interrupt(id, options),
    delete: (options) => client.delete(id, options),
  };
}
