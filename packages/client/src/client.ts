import type {
  BulkLaunch,
  ContinueRequest,
  Event,
  Info,
  LaunchRequest,
  SessionStatus,
} from './api-types.ts';
import { createCaller } from './call.ts';
import { type Keyed, keyHeader } from './idempotency-key.ts';
import { type LaunchVerdict, launchMany } from './launch-many.ts';
import { type CallOptions, type ClientOptions, parseOptions } from './options.ts';
import { createPaged, type Paged } from './paged.ts';
import { createScheduleCalls, type PageOptions, type ScheduleCalls } from './schedules.ts';
import { type EventOptions, type StreamedEvent, sessionEvents } from './session-events.ts';
import { sessionPath } from './session-path.ts';
import { type StatusOptions, type StreamedStatus, statusChanges } from './status-changes.ts';
import { stopSession } from './stop-session.ts';
import { readUsage, type Usage, type UsageFilter } from './usage.ts';
import { waitForEnd } from './wait-for-result.ts';

/** Which sessions are listed. */
export interface SessionFilter {
  status?: SessionStatus | undefined;
  parent_session_id?: string | undefined;
  root_session_id?: string | undefined;
  schedule_id?: string | undefined;
  tag?: string | undefined;
}

/** An event of a conversation, with the session that it belongs to. */
export type ConversationEvent = Event & { session_id: string };

/**
 * A service's way to Baton. Every call throws BatonError, and is made again by itself where that is safe and
 * may help: where nobody answers, or the answer is that it cannot be given now.
 */
export interface BatonClient {
  /** Launches a session: one, however often the call is made again. */
  launch(request: LaunchRequest, options?: CallOptions & Keyed): Promise<Info>;
  /** Launches up to 1,000 sessions in one request, each with its own verdict, in their order. */
  launchMany(launches: readonly BulkLaunch[], options?: CallOptions): Promise<LaunchVerdict[]>;
  /** Continues a session that has ended, in a new one. */
  continue(id: string, request: ContinueRequest, options?: CallOptions & Keyed): Promise<Info>;
  /** The session as it stands; its config too, redacted, where that is asked for. */
  get(id: string, options?: CallOptions & { include?: 'config' | undefined }): Promise<Info>;
  /** Sessions, newest first. */
  list(filter?: SessionFilter & PageOptions): Paged<Info>;
  /** The events of a conversation from its root to this session, as far as they are there by now. */
  conversation(id: string, options?: PageOptions): Paged<ConversationEvent>;
  /** The events of a session, those there are and those to come, each once, until it has ended. */
  events(id: string, options?: EventOptions): AsyncGenerator<StreamedEvent, void>;
  /** The changes of status of all sessions from now on, without end. */
  statuses(options?: StatusOptions): AsyncGenerator<StreamedStatus, never>;
  /** The session once it has ended: completed, failed or cancelled. Waits as long as it is let. */
  waitForResult(id: string, options?: CallOptions): Promise<Info>;
  /** Cancels a session: a queued one never starts, a running one is stopped. */
  cancel(id: string, options?: CallOptions): Promise<Info>;
  /** Ends the turn of a session, which completes with what it has. */
  interrupt(id: string, options?: CallOptions): Promise<Info>;
  /** Deletes the whole conversation of a session; what is not gone yet goes by itself. */
  delete(id: string, options?: CallOptions): Promise<'gone' | 'deleting'>;
  /** What sessions spent, summed: by day, model, tag or key, or of a conversation. */
  usage(filter?: UsageFilter & CallOptions): Promise<Usage>;
  schedules: ScheduleCalls;
}

/** A client of the API at `baseUrl`. It holds nothing open between calls. Throws INVALID_REQUEST. */
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
    interrupt: (id, limits) => stopSession(call, 'interrupt', id, limits),
    async delete(id, limits) {
      const deletion = { method: 'DELETE', path: sessionPath(id), isRepeatable: true } as const;
      return (await call(deletion, limits)).status === 204 ? 'gone' : 'deleting';
    },
    usage: (filter = {}) => readUsage(call, filter),
    schedules: createScheduleCalls(call),
  };
  return client;
}
