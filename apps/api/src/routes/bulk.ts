import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  AppError,
  type BulkLaunch,
  bulkLaunchSchema,
  checkOverrides,
  checkPolicy,
  defined,
  type LaunchInput,
  type LaunchVerdict,
  launchAnswerSchema,
  parseInput,
  type SessionConfig,
  splitRequest,
  toLaunchAnswer,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { errorBody, statusOf, toAnswerable } from '../http/http-error.ts';
import { buildCallerOptions, tenantOf } from '../http/idempotency.ts';
import { named } from '../openapi/openapi-schema.ts';
import { errorBodySchema, failures, json } from '../openapi/responses.ts';

const MAX_LAUNCHES = 1_000;
const BODY_MAX_BYTES = 16 * 1024 * 1024;

/**
 * How long the handler may take, in milliseconds. A busy store needs some seconds for 1,000
 * launches. A shorter limit would not stop the launches, because a handler that timed out still
 * launches all sessions.
 */
const HANDLER_TIMEOUT_MS = 60_000;

/** How many launches are parsed before the event loop may serve other requests. */
const PARSED_AT_ONCE = 25;

const bulkRequestSchema = z.strictObject({
  sessions: z.array(bulkLaunchSchema).min(1).max(MAX_LAUNCHES),
});
const bulkShapeSchema = z.strictObject({ sessions: z.array(z.unknown()).min(1).max(MAX_LAUNCHES) });
named.add(bulkLaunchSchema, { id: 'BulkLaunch' });

const verdict = z.union([
  z.object({
    status: z.literal(202),
    session: launchAnswerSchema,
    replayed: z
      .boolean()
      .optional()
      .describe('An earlier request with this idempotency key created the session.'),
  }),
  z.object({
    status: z.int().describe('The HTTP status of the answer that POST /v1/sessions would give.'),
    error: errorBodySchema.shape.error,
  }),
]);
const verdicts = z.object({
  results: z.array(verdict).describe('One result for each launch, in the order of the launches.'),
});

/** Launches many sessions in one request. Each launch succeeds or fails on its own. */
export function registerBulk(app: App, { manager, mongo, policy, log }: AppDeps): void {
  app.post(
    '/v1/sessions/bulk',
    {
      bodyLimit: BODY_MAX_BYTES,
      handlerTimeout: HANDLER_TIMEOUT_MS,
      // Accepts any body: a launch that does not fit the schema must not fail the other launches.
      validatorCompiler: () => (data) => ({ value: data }),
      schema: {
        operationId: 'launchSessions',
        summary: 'Launch up to 1,000 sessions',
        description:
          'Each launch has its own result, in the order of the launches. A refused launch does not affect the others. If each launch has an `idempotency_key`, the request can be repeated safely. Launches with the same `conversation_key` are one conversation, in the order of the request. The body may be up to 16 MiB, and each launch up to 1 MiB.',
        tags: ['sessions'],
        body: bulkRequestSchema,
        response: {
          200: json('The result of each launch.', verdicts),
          ...failures('INVALID_REQUEST', 'PAYLOAD_TOO_LARGE', 'UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      if (request.headers['idempotency-key'] !== undefined) throw notForAll();
      const { sessions } = parseShape(request.body);
      await mongo.ping();
      const tenant = tenantOf(request);
      const caller = buildCallerOptions(request);
      const judge = (config: SessionConfig) => checkPolicy(config, policy);
      const parsed: (LaunchInput | { error: unknown })[] = [];
      for (const one of sessions) {
        if (parsed.length % PARSED_AT_ONCE === 0) await nextTurn();
        parsed.push(parse(one));
      }
      const launched = await manager.acceptance.launchMany(parsed.filter(isLaunchInput));
      const results = parsed.map((one) => toResult(isLaunchInput(one) ? launched.shift() : one));
      return { results };

      function parse(one: unknown): LaunchInput | { error: unknown } {
        try {
          const { config, options } = splitBulk(parseInput(bulkLaunchSchema, one));
          if (options.conversation_key === undefined) checkPolicy(config, policy);
          else checkOverrides(config, policy);
          return { config, options: { ...options, ...caller, tenant }, judge };
        } catch (error) {
          return { error };
        }
      }
    },
  );

  function toResult(one: LaunchVerdict | undefined) {
    if (one && 'session' in one) {
      const session = toLaunchAnswer(one);
      return {
        status: 202 as const,
        session,
        ...defined({ replayed: one.replayed ? true : undefined }),
      };
    }
    const answer = toAnswerable(one?.error);
    const status = statusOf(answer.code);
    if (status >= 500) {
      log.error({ err: answer, code: answer.code }, 'one launch of a bulk request failed');
    }
    return { status, ...errorBody(answer) };
  }
}

// Does not use parseInput, which would refuse the whole body if one launch is nested too deeply.
function parseShape(body: unknown): z.infer<typeof bulkShapeSchema> {
  const parsed = bulkShapeSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'INVALID_REQUEST',
    `sessions: expected a list of 1 to ${MAX_LAUNCHES} launches as the only key of the body`,
    { details: { field: 'sessions' }, cause: parsed.error },
  );
}

function notForAll(): AppError {
  return new AppError(
    'INVALID_REQUEST',
    'idempotency-key: expected no such header; give each launch its own idempotency_key',
    { details: { field: 'idempotency-key' } },
  );
}

function splitBulk({ idempotency_key, conversation_key, on_busy, ...request }: BulkLaunch) {
  const { config, options } = splitRequest(request);
  const own = defined({ conversation_key, on_busy });
  return { config, options: { ...options, idempotency_key, ...own } };
}

function isLaunchInput(one: LaunchInput | { error: unknown }): one is LaunchInput {
  return 'config' in one;
}
