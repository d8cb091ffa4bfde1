import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  AppError,
  type BulkLaunch,
  bulkLaunchSchema,
  checkPolicy,
  defined,
  infoSchema,
  type LaunchInput,
  type LaunchVerdict,
  parseInput,
  splitRequest,
  toInfo,
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
    session: infoSchema,
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
          'Each launch has its own result, in the order of the launches. A refused launch does not affect the others. If each launch has an `idempotency_key`, the request can be repeated safely. The body may be up to 16 MiB, and each launch up to 1 MiB.',
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
          checkPolicy(config, policy);
          return { config, options: { ...options, ...caller, tenant } };
        } catch (error) {
          return { error };
        }
      }
    },
  );

  function toResult(one: LaunchVerdict | undefined) {
    if (one && 'session' in one) {
      const session = toInfo(one.session);
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

function splitBulk({ idempotency_key, ...request }: BulkLaunch) {
  const { config, options } = splitRequest(request);
  return { config, options: { ...options, idempotency_key } };
}

function isLaunchInput(one: LaunchInput | { error: unknown }): one is LaunchInput {
  return 'config' in one;
}
