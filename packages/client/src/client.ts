import type {
  BulkLaunch,
  CancelSelection,
  ContinueRequest,
  Event,
  Info,
  LaunchRequest,
  SessionStatus,
} from './api-types.ts';
import { createCaller } from './call.ts';
import { type CancelledSessions, cancelMany } from './cancel-many.ts';
import { type Keyed, keyHeader } from './idempotency-key.ts';
import { type LaunchVerdict, launchMany } from './launch-many.ts';
import { type CallOptions, type ClientOptions, parseOptions } from './options.ts';
import { createPaged, type Paged } from './paged.ts';
import { createScheduleCalls, type PageOptions, type ScheduleCalls } from './schedules.ts';
import { type EventOptions, type StreamedEvent, sessionEvents } from './session-events.ts';
import { createMessageCalls, type MessageCalls } from './session-messages.ts';
import { sessionPath } from './session-path.ts';
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
  tag?: string | undefined;
}

/** An event of a conversation, with the id of its session. */
export type ConversationEvent = Event & { session_id: string };

/**
 * A client for Baton's HTTP API. Calls throw BatonError. If a call gets no answer, or if the answer
 * says to try later, the client repeats the call when a repeat is safe.
 */
export interface BatonClient extends MessageCalls {
  /** Launches a session. If the client repeats the call, Baton still creates only one session. */
  launch(request: LaunchRequest, options?: CallOptions & Keyed): Promise<Info>;
  /**
   * Launches up to 1,000 sessions in one request. Returns one verdict per launch, in the same
   * order.
   */
  launchMany(launches: readonly BulkLaunch[], options?: CallOptions): Promise<LaunchVerdict[]>;
  /** Continues a session in a new session. */
  continue(id: string, request: ContinueRequest, options?: CallOptions & Keyed): Promise<Info>;
  /**
   * Runs a session again: a new session with the same config and options, its secrets included. If
   * the client repeats the call, Baton still creates only one session.
   */
  rerun(id: string, options?: CallOptions & Keyed): Promise<Info>;
  /**
   * Reads a session. With `include: 'config'`, the answer also has the config, with secrets
   * redacted.
   */
  get(id: string, options?: CallOptions & { include?: 'config' | undefined }): Promise<Info>;
  /** Lists sessions, newest first. */
  list(filter?: SessionFilter & PageOptions): Paged<Info>;
  /** Lists the events of a conversation so far, from its first session to this session. */
  conversation(id: string, options?: PageOptions): Paged<ConversationEvent>;
  /** Streams the events of a session, past and new, each once, until the session has ended. */
  events(id: string, options?: EventOptions): AsyncGenerator<StreamedEvent, void>;
  /** Streams the status changes of all sessions from now on. The stream has no end. */
  statuses(options?: StatusOptions): AsyncGenerator<StreamedStatus, never>;
  /**
   * Waits until a session has ended (completed, failed or cancelled), and returns it. Waits without
   * a time limit unless `timeoutMs` or `signal` is set.
   */
  waitForResult(id: string, options?: CallOptions): Promise<Info>;
  /** Cancels a session. A queued session never starts, and a running session is stopped. */
  cancel(id: string, options?: CallOptions): Promise<Info>;
  /**
   * Cancels up to 1,000 sessions in one request: these `ids`, or the newest sessions with this `tag`. Returns one
   * verdict for each session. If `has_more` is true, call it again with the same tag.
   */
  cancelMany(selection: CancelSelection, options?: CallOptions): Promise<CancelledSessions>;
  /** Ends the turn of a session. The session completes with the work done so far. */
  interrupt(id: string, options?: CallOptions): Promise<Info>;
  /**
   * Deletes the whole conversation of a session. If it returns `deleting`, Baton completes the
   * deletion in the background.
   */
  delete(id: string, options?: CallOptions): Promise<'gone' | 'deleting'>;
  /** Sums the cost and usage of sessions. `filter` selects the sessions, and may group the sums. */
  usage(filter?: UsageFilter & CallOptions): Promise<Usage>;
  schedules: ScheduleCalls;
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
      return (await call({ ...made, isRepeatable: true }, limits)).body as Info;
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
    usage: (filter = {}) => readUsage(call, filter),
    schedules: createScheduleCalls(call),
  };
  return client;
}
