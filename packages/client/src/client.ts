import type {
  BulkLaunch,
  CancelSelection,
  Info,
  LaunchRequest,
  SessionStatus,
} from './api-types.ts';
import { createCaller } from './call.ts';
import { type CancelledSessions, cancelMany } from './cancel-many.ts';
import { createDownloader } from './download.ts';
import { createFileCalls, type FileCalls } from './files.ts';
import { type Keyed, keyHeader } from './idempotency-key.ts';
import type { LaunchAnswer } from './launch-answer.ts';
import { type LaunchVerdict, launchMany } from './launch-many.ts';
import { type CallOptions, type ClientOptions, parseOptions } from './options.ts';
import { createPaged, type Paged } from './paged.ts';
import { createScheduleCalls, type PageOptions, type ScheduleCalls } from './schedules.ts';
import type { ConversationEvent, SessionCalls } from './session-calls.ts';
import { sessionEvents } from './session-events.ts';
import { createSessionHandle, type SessionHandle } from './session-handle.ts';
import { createMessageCalls, type MessageCalls } from './session-messages.ts';
import { sessionPath } from './session-path.ts';
import { createWorkspaceCalls, type WorkspaceCalls } from './session-workspace.ts';
import { type StatusOptions, type StreamedStatus, statusChanges } from './status-changes.ts';
import { stopSession } from './stop-session.ts';
import { readUsage, type Usage, type UsageFilter } from './usage.ts';
import { waitForEnd } from './wait-for-result.ts';

/** Selects the sessions of a list. */
export interface SessionFilter {
  status?: SessionStatus | undefined;
  parent_session_id?: string | undefined;
  root_session_id?: string | undefined;
  schedule_id?: string | undefined;
  conversation_key?: string | undefined;
  tag?: string | undefined;
}

/**
 * A client for Baton's HTTP API. Calls throw BatonError. If a call gets no answer, or if the answer
 * says to try later, the client repeats the call when a repeat is safe.
 */
export interface BatonClient extends SessionCalls, MessageCalls, WorkspaceCalls {
  /**
   * Launches a session. If the client repeats the call, Baton still creates only one session. With a
   * `conversation_key`, the launch continues the newest session of that conversation.
   */
  launch(request: LaunchRequest, options?: CallOptions & Keyed): Promise<LaunchAnswer>;
  /**
   * Launches up to 1,000 sessions in one request. Returns one verdict per launch, in the same
   * order.
   */
  launchMany(launches: readonly BulkLaunch[], options?: CallOptions): Promise<LaunchVerdict[]>;
  /** Lists sessions, newest first. */
  list(filter?: SessionFilter & PageOptions): Paged<Info>;
  /** Streams the status changes of all sessions from now on. The stream has no end. */
  statuses(options?: StatusOptions): AsyncGenerator<StreamedStatus, never>;
  /**
   * Cancels up to 1,000 sessions in one request: these `ids`, or the newest sessions with this
   * `tag`. Returns one verdict for each session. If `has_more` is true, call it again with the same
   * tag.
   */
  cancelMany(selection: CancelSelection, options?: CallOptions): Promise<CancelledSessions>;
  /** Sums the cost and usage of sessions. `filter` selects the sessions, and may group the sums. */
  usage(filter?: UsageFilter & CallOptions): Promise<Usage>;
  /**
   * Returns the calls for one session. Makes no request. Throws INVALID_REQUEST if `id` cannot be
   * an id.
   */
  session(id: string): SessionHandle;
  schedules: ScheduleCalls;
  files: FileCalls;
}

/**
 * Creates a client for the API at `baseUrl`. The client keeps no connection and no timer between
 * calls. Throws INVALID_REQUEST if an option is invalid.
 */
export function createClient(options: ClientOptions): BatonClient {
  const settings = parseOptions(options);
  const call = createCaller(settings);

  const client: BatonClient = {
    async launch(body, { idempotencyKey, ...limits } = {}) {
      const headers = keyHeader({ idempotencyKey });
      const made = { method: 'POST', path: 'v1/sessions', headers, body } as const;
      return (await call({ ...made, isRepeatable: true }, limits)).body as LaunchAnswer;
    },
    launchMany: (launches, limits) =>
      launchMany(call, launches, { ...limits, retries: settings.retries }),
    async continue(id, body, { idempotencyKey, ...limits } = {}) {
      const headers = keyHeader({ idempotencyKey });
      const path = `${sessionPath(id)}/continue`;
      const made = { method: 'POST', path, headers, body, isRepeatable: true } as const;
      return (await call(made, limits)).body as Info;
    },
    async rerun(id, { idempotencyKey, ...limits } = {}) {
      const headers = keyHeader({ idempotencyKey });
      const path = `${sessionPath(id)}/rerun`;
      const made = { method: 'POST', path, headers, isRepeatable: true } as const;
      return (await call(made, limits)).body as Info;
    },
    async get(id, { include, ...limits } = {}) {
      const read = { method: 'GET', path: sessionPath(id), query: { include } } as const;
      return (await call({ ...read, isRepeatable: true }, limits)).body as Info;
    },
    list({ cursor, signal, timeoutMs, ...query } = {}) {
      return createPaged(async (from) => {
        const read = { path: 'v1/sessions', query: { ...query, cursor: from } };
        const answer = await call(
          { method: 'GET', ...read, isRepeatable: true },
          { signal, timeoutMs },
        );
        const { sessions, ...rest } = answer.body as { sessions: Info[]; next_cursor?: string };
        return { items: sessions, ...rest };
      }, cursor);
    },
    conversation(id, { limit, cursor, ...limits } = {}) {
      const path = `${sessionPath(id)}/conversation`;
      return createPaged(async (from) => {
        const query = { limit, cursor: from };
        const answer = await call({ method: 'GET', path, query, isRepeatable: true }, limits);
        const { events, ...rest } = answer.body as {
          events: ConversationEvent[];
          next_cursor?: string;
        };
        return { items: events, ...rest };
      }, cursor);
    },
    events: (id, from = {}) => sessionEvents(settings, id, from),
    statuses: (which = {}) => statusChanges(settings, which),
    async waitForResult(id, limits = {}) {
      await waitForEnd(settings, id, limits);
      return client.get(id, { signal: limits.signal });
    },
    cancel: (id, limits) => stopSession(call, 'cancel', id, limits),
    cancelMany: (selection, limits) => cancelMany(call, selection, limits),
    interrupt: (id, limits) => stopSession(call, 'interrupt', id, limits),
    async delete(id, limits) {
      const deletion = { method: 'DELETE', path: sessionPath(id), isRepeatable: true } as const;
      return (await call(deletion, limits)).status === 204 ? 'gone' : 'deleting';
    },
    ...createMessageCalls(call),
    ...createWorkspaceCalls(call, createDownloader(settings)),
    usage: (filter = {}) => readUsage(call, filter),
    session: (id) => createSessionHandle(client, id),
    schedules: createScheduleCalls(call),
    files: createFileCalls(call),
  };
  return client;
}
