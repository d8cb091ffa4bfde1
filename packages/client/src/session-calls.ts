import type { ContinueRequest, Event, Info } from './api-types.ts';
import type { Keyed } from './idempotency-key.ts';
import type { CallOptions } from './options.ts';
import type { Paged } from './paged.ts';
import type { PageOptions } from './schedules.ts';
import type { EventOptions, StreamedEvent } from './session-events.ts';

/** An event of a conversation, with the id of its session. */
export type ConversationEvent = Event & { session_id: string };

/** The calls that concern one session. MessageCalls has the calls for its messages. */
export interface SessionCalls {
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
  /** Lists the events of a conversation so far, from its first session to this session. */
  conversation(id: string, options?: PageOptions): Paged<ConversationEvent>;
  /** Streams the events of a session, past and new, each once, until the session has ended. */
  events(id: string, options?: EventOptions): AsyncGenerator<StreamedEvent, void>;
  /**
   * Waits until a session has ended (completed, failed or cancelled), and returns it. Waits without
   * a time limit unless `timeoutMs` or `signal` is set.
   */
  waitForResult(id: string, options?: CallOptions): Promise<Info>;
  /** Cancels a session. A queued session never starts, and a running session is stopped. */
  cancel(id: string, options?: CallOptions): Promise<Info>;
  /** Ends the turn of a session. The session completes with the work done so far. */
  interrupt(id: string, options?: CallOptions): Promise<Info>;
  /**
   * Deletes the whole conversation of a session. If it returns `deleting`, Baton completes the
   * deletion in the background.
   */
  delete(id: string, options?: CallOptions): Promise<'gone' | 'deleting'>;
}
