import type { SessionConfig } from '../model/config/session-config.ts';
import { draftPrompt } from '../model/content/content-draft.ts';
import { AppError } from '../model/errors/app-error.ts';
import { DEFAULT_TENANT, idOfMessageKey } from '../model/job/idempotency.ts';
import { defined } from '../model/schema/defined.ts';
import { newId } from '../model/schema/id.ts';
import {
  findMessageStatus,
  type Message,
  type MessageRequest,
  messageBytes,
  type SentMessage,
} from '../model/session/message.ts';
import {
  type MessageRefusal,
  PENDING_MAX_BYTES,
  PENDING_MAX_MESSAGES,
} from '../model/session/pending-message.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal } from '../model/session/status.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import { createInOrder } from '../runtime/in-order.ts';
import type { NewMessage } from '../store/message-store.ts';
import type { Stores } from '../store/stores.ts';
import type { ContentAcceptance } from './content-acceptance.ts';
import {
  createMessageFiles,
  type DraftedMessage,
  hashOf,
  isSameMessage,
  priorityOf,
  promptOf,
} from './message-content.ts';
import type { SessionManager } from './session-manager.ts';

/**
 * Options of a message. With the same `idempotency_key`, session and `tenant`, a repeated request
 * sends no second message.
 */
export interface SendOptions {
  idempotency_key?: string | undefined;
  tenant?: string | undefined;
  /** The API key that sends the message. A session that `on_ended` launches belongs to this key. */
  api_key_id?: string | undefined;
  /**
   * The id of the message, if the caller derived it from an idempotency key. A message with this id
   * belongs to one session: the first that stored it.
   */
  message_id?: string | undefined;
  /**
   * Called with the config of a session that `on_ended` launches. May throw to refuse this config.
   */
  judge?: ((config: SessionConfig) => void) | undefined;
}

/** The answer to a request, and whether an earlier request with the same key got this answer. */
type Replayable = SentMessage & { replayed: boolean };

/** The dependencies of messages. */
export interface MessageDeps {
  manager: Pick<SessionManager, 'getSession' | 'acceptance'>;
  stores: Pick<Stores, 'messages' | 'messageAcceptance' | 'files'>;
  queue: Pick<SessionQueue, 'sendControl'>;
  content: Pick<ContentAcceptance, 'store'>;
}

/**
 * Sends a message to a session. `replayed`: an earlier request with the same idempotency key sent
 * the message, or launched the session that continues.
 */
export type SendMessage = (
  sessionId: string,
  request: MessageRequest,
  options?: SendOptions,
) => Promise<Replayable>;

/**
 * How long a message with a key waits for earlier messages with keys to the same session, in
 * milliseconds. Without this order, many of them at once would race for the count of accepted
 * messages, and most would lose. A hundred take about two seconds.
 */
const ORDER_WAIT_MS = 5_000;

/**
 * How often Baton offers a message with a key to its session. Each try may fail because the session
 * accepted another message at the same time. A session refuses messages once its list is full, so
 * more tries are needed only if a worker empties the list meanwhile.
 */
const MAX_ROUNDS = 2 * PENDING_MAX_MESSAGES;

/** Creates the function that sends messages. */
export function createSendMessage({ manager, stores, queue, content }: MessageDeps): SendMessage {
  const { messages, messageAcceptance, files } = stores;
  const storeFiles = createMessageFiles({ messages, files, content });
  const inOrder = createInOrder(ORDER_WAIT_MS);

  async function getEarlier(session: Session, message: NewMessage): Promise<Replayable | null> {
    const earlier = await messages.get(session.id, message.id);
    return earlier && answerEarlier(session, earlier, message);
  }

  /** Returns null if the session has ended without the message. */
  async function deliver(
    first: Session,
    { draft, tenant, ...unstored }: DraftedMessage,
    isKeyed: boolean,
  ): Promise<Replayable | null> {
    if (isTerminal(first.status)) return isKeyed ? getEarlier(first, unstored) : null;
    const message = await storeFiles(unstored, draft, tenant);
    const { id, session_id, priority } = message;
    const bytes = messageBytes(message);
    const pending = { id, bytes, priority, hasBlocks: message.blocks !== undefined };
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const session = round === 0 ? first : await manager.getSession(session_id);
      if (isTerminal(session.status)) return isKeyed ? getEarlier(session, message) : null;
      const stored = await messages.insertIfAbsent(message);
      // Another request with the same key chose another session for the message.
      if (stored.session_id !== session_id) return null;
      const earlier = answerEarlier(session, stored, message);
      if (earlier) return earlier;
      // Another request with the same key may be at this point too, and a worker may already have
      // delivered its message. The count keeps this request from adding the message again.
      const before = isKeyed ? (session.messages_accepted ?? 0) : undefined;
      const verdict = await messageAcceptance.accept(session_id, pending, before);
      if (verdict.kind === 'accepted') return { id, status: 'queued', session_id, replayed: false };
      if (verdict.kind === 'raced' || verdict.kind === 'known') continue;
      await messages.removeRefused(stored);
      if (verdict.kind !== 'ended') throw toError(session_id, verdict);
    }
    throw new AppError(
      'UNAVAILABLE',
      `session ${session_id} accepts many other messages at this moment; try again later`,
    );
  }

  async function continueInstead(
    session: Session,
    { id, content }: Pick<NewMessage, 'id'> & Pick<MessageRequest, 'content'>,
    { idempotency_key, tenant, api_key_id, judge }: SendOptions,
  ): Promise<Replayable> {
    const keyed = idempotency_key === undefined ? {} : { idempotency_key: id };
    const accepted = await manager.acceptance.continue(
      { parent_session_id: session.id, ...promptOf(content) },
      { ...keyed, ...defined({ tenant, api_key_id }) },
      judge,
    );
    const { session: next, replayed } = accepted;
    return { id, status: 'continued', session_id: next.id, replayed };
  }

  return async (sessionId, request, options = {}) => {
    const { on_ended } = request;
    const { query, draft } = draftPrompt(promptOf(request.content));
    const priority = priorityOf(request, draft);
    checkMessageSize(query);
    const session = await manager.getSession(sessionId);
    const { idempotency_key: key, tenant = DEFAULT_TENANT } = options;
    const keyedId = key === undefined ? undefined : idOfMessageKey(tenant, sessionId, key);
    const id = options.message_id ?? keyedId ?? newId();
    const isKeyed = id === options.message_id || id === keyedId;
    const { root_session_id } = session;
    const message: DraftedMessage = {
      ...{ id, session_id: sessionId, root_session_id, content: query, priority },
      ...defined({ draft, blocks_hash: draft && hashOf(draft), tenant: options.tenant }),
    };
    const sent = isKeyed
      ? await inOrder(sessionId, async () =>
          deliver(await manager.getSession(sessionId), message, true),
        )
      : await deliver(session, message, false);
    if (!sent) {
      if (on_ended === 'continue') {
        return continueInstead(session, { id, content: request.content }, options);
      }
      const { status } = await manager.getSession(sessionId);
      throw new AppError('SESSION_TERMINAL', `session ${sessionId} is already ${status}`, {
        details: { status },
      });
    }
    if (sent.status === 'queued') {
      // Both calls may fail. Then a worker finds the message with its next heartbeat, and the
      // retention finds out that the session accepted it.
      await Promise.all([
        queue.sendControl({ kind: 'message', id: sessionId }).catch(() => {}),
        sent.replayed ? undefined : messages.noteAccepted(id).catch(() => {}),
      ]);
    }
    return sent;
  };
}

/**
 * Returns the answer if an earlier request sent the message, or null if its session has not
 * accepted it. Throws IDEMPOTENCY_CONFLICT if the earlier request was different.
 */
function answerEarlier(session: Session, stored: Message, message: NewMessage): Replayable | null {
  const { id, session_id } = stored;
  if (!isSameMessage(stored, message)) {
    throw new AppError(
      'IDEMPOTENCY_CONFLICT',
      'the idempotency key was already used with a different message; use a new key for a new message',
      { details: { field: 'idempotency_key', id } },
    );
  }
  const status = findMessageStatus(stored, session);
  if (status) return { id, status, session_id, replayed: true };
  // While a worker puts an accepted message back on the list, the message is for a moment neither
  // pending nor delivered.
  return stored.accepting_since ? null : { id, status: 'queued', session_id, replayed: true };
}

function checkMessageSize(content: string): void {
  const bytes = Buffer.byteLength(content);
  if (bytes <= PENDING_MAX_BYTES) return;
  throw new AppError(
    'PAYLOAD_TOO_LARGE',
    `expected a message of at most ${PENDING_MAX_BYTES} bytes, got ${bytes}`,
    { details: { field: 'content', limit: PENDING_MAX_BYTES, bytes } },
  );
}

function toError(
  sessionId: string,
  refusal: Extract<MessageRefusal, { kind: 'missing' | 'full' | 'outdated' }>,
): AppError {
  if (refusal.kind === 'missing') {
    return new AppError('SESSION_NOT_FOUND', `no session ${sessionId}`);
  }
  if (refusal.kind === 'outdated') {
    return new AppError(
      'WORKER_OUTDATED',
      `session ${sessionId} runs on a worker of an older version, which takes no messages; try again later`,
    );
  }
  const { over, messages, bytes } = refusal;
  const bound =
    over === 'messages'
      ? `at most ${PENDING_MAX_MESSAGES} messages`
      : `at most ${PENDING_MAX_BYTES} bytes of messages, this message included`;
  return new AppError(
    'TOO_MANY_MESSAGES',
    `session ${sessionId} still has to deliver ${messages} messages of ${bytes} bytes; expected ${bound}; try again later`,
    { details: { over, messages, bytes } },
  );
}
