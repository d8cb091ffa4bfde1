// Baton for services. Every argument is checked here, and every failure is an AppError.
import { z } from 'zod';
import { conversationKeySchema } from '../model/config/conversation-key.ts';
import { AppError, isAppError } from '../model/errors/app-error.ts';
import { ERROR_CODES } from '../model/errors/error-codes.ts';
import { idempotencyKeySchema } from '../model/job/idempotency.ts';
import { defined } from '../model/schema/defined.ts';
import { idSchema } from '../model/schema/id.ts';
import { parseInput } from '../model/schema/parse-input.ts';
import { cancelSelectionSchema } from '../model/session/cancel-selection.ts';
import { messageRequestSchema } from '../model/session/message.ts';
import { SESSION_STATUSES } from '../model/session/status.ts';
import { checkOptions, prefixSchema, redisSchema } from '../settings/connection-options.ts';
import { mongodbUrlSchema } from '../settings/server-urls.ts';
import type { SessionFilter } from '../store/session-store.ts';
import { toUnavailable } from '../store/unavailable.ts';
import { type Baton, type BatonOptions, openBaton as openAllOfBaton } from './open-baton.ts';

/** The maximum number of sessions or events on a page. */
const MAX_PAGE = 1_000;

const DEFAULT_PAGE = 50;

const optionsSchema = z.looseObject({
  redis: redisSchema,
  mongodb: mongodbUrlSchema,
  prefix: prefixSchema.optional(),
  publicKeys: z.array(z.unknown()).optional(),
});

const id = z.object({ id: idSchema });
const ids = z.object({ ids: z.array(idSchema) });
const include = z.object({ include: z.array(z.literal('config')).optional() });
const limit = z.int().min(1).max(MAX_PAGE);

const rerun = z.strictObject({
  id: idSchema.exactOptional(),
  idempotency_key: idempotencyKeySchema.exactOptional(),
  tenant: z.string().exactOptional(),
});

const filter = z.strictObject({
  status: z.enum(SESSION_STATUSES).optional(),
  parent_session_id: idSchema.optional(),
  root_session_id: idSchema.optional(),
  schedule_id: idSchema.optional(),
  conversation_key: conversationKeySchema.optional(),
  tag: z.string().min(1).optional(),
  limit: limit.default(DEFAULT_PAGE),
  cursor: z.string().min(1).optional(),
});

const sending = z.strictObject({
  idempotency_key: idempotencyKeySchema.optional(),
  tenant: z.string().optional(),
});

const messagePage = z.strictObject({
  limit: limit.default(DEFAULT_PAGE),
  cursor: z.string().min(1).optional(),
});

const range = z.object({
  sessionId: idSchema,
  after: z.int().min(0),
  upTo: z.int().min(0),
  limit,
  maxBytes: z.number().positive().optional(),
});

/**
 * Opens Baton on one Redis connection and one MongoDB client. The servers need not be reachable
 * yet: calls throw UNAVAILABLE until they are. The API and the workers create the indexes of the
 * database.
 *
 * @param options the servers; `prefix` defaults to `baton`, and without `publicKeys` secrets stay
 * in plain text
 * @returns the session manager, functions that stop sessions and send them messages, functions that
 * read the stores, and `close()`
 * @throws {AppError} INVALID_CONFIG if an option is invalid, or if `publicKeys` contains anything
 * but public keys
 */
export function openBaton(options: BatonOptions): Baton {
  checkOptions(optionsSchema, options);
  const { redis, mongodb, prefix, publicKeys } = options;
  const { manager, stop, messages, stores, close } = openAllOfBaton({
    redis,
    mongodb,
    ...defined({ prefix, publicKeys }),
  });
  const { sessions, events } = stores;
  return {
    manager: {
      launchSession: codedErrors(manager.launchSession),
      continueSession: codedErrors(manager.continueSession),
      rerunSession: codedErrors((sessionId, rerunOptions) =>
        manager.rerunSession(parseId(sessionId), parseInput(rerun, rerunOptions ?? {})),
      ),
      getSessionInfo: codedErrors((sessionId, included) =>
        manager.getSessionInfo(
          parseId(sessionId),
          parseInput(include, { include: included }).include,
        ),
      ),
      listSessions: codedErrors((sessionFilter) =>
        manager.listSessions(parseFilter(sessionFilter ?? {})),
      ),
      getSession: codedErrors((sessionId) => manager.getSession(parseId(sessionId))),
    },
    stop: {
      cancelSession: codedErrors((sessionId) => stop.cancelSession(parseId(sessionId))),
      interruptSession: codedErrors((sessionId) => stop.interruptSession(parseId(sessionId))),
      cancelSessions: codedErrors((selection) =>
        stop.cancelSessions(parseInput(cancelSelectionSchema, selection)),
      ),
    },
    messages: {
      sendMessage: codedErrors(async (sessionId, request, sendOptions) => {
        const { replayed: _replayed, ...sent } = await messages.sendMessage(
          parseId(sessionId),
          parseInput(messageRequestSchema, request),
          parseInput(sending, sendOptions ?? {}),
        );
        return sent;
      }),
      listMessages: codedErrors((sessionId, page) =>
        messages.listMessages(parseId(sessionId), parseInput(messagePage, page ?? {})),
      ),
      cancelMessage: codedErrors((sessionId, messageId) =>
        messages.cancelMessage(parseId(sessionId), parseId(messageId)),
      ),
    },
    stores: {
      sessions: {
        get: codedErrors((sessionId) => sessions.get(parseId(sessionId))),
        getMany: codedErrors((sessionIds) =>
          sessions.getMany(parseInput(ids, { ids: sessionIds }).ids),
        ),
        list: codedErrors((sessionFilter) => sessions.list(parseFilter(sessionFilter))),
      },
      events: {
        page: codedErrors((eventRange) => {
          const { maxBytes, ...required } = parseInput(range, eventRange);
          return events.page({ ...required, ...defined({ maxBytes }) });
        }),
      },
    },
    close,
  };
}

// Inside a MongoDB filter, `undefined` or an object could match any session.
function parseId(sessionId: unknown): string {
  return parseInput(id, { id: sessionId }).id;
}

function parseFilter(sessionFilter: unknown): SessionFilter {
  const { limit, ...narrowed } = parseInput(filter, sessionFilter);
  return { limit, ...defined(narrowed) };
}

/** Wraps a call so that every failure is an AppError: UNAVAILABLE if a store is not reachable, else INTERNAL. */
function codedErrors<A extends unknown[], T>(
  call: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  return async (...args) => {
    try {
      return await call(...args);
    } catch (error) {
      if (isAppError(error)) throw error;
      const internal = new AppError('INTERNAL', ERROR_CODES.INTERNAL.description, { cause: error });
      throw toUnavailable(error) ?? internal;
    }
  };
}
