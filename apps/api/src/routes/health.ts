import { AppError, isAppError, withDeadline } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, json } from '../openapi/responses.ts';

/** How long a store may take to answer before it counts as unavailable, in milliseconds. */
const ANSWER_TIMEOUT_MS = 2_000;

const ok = z.object({ status: z.literal('ok') });

/** Serves /healthz (the process is up) and /readyz (Redis accepts a write, and MongoDB answers). */
export function registerHealth(app: App, { queue, mongo }: AppDeps): void {
  const stores = { redis: () => queue.ping(), mongodb: () => mongo.ping() };

  app.get(
    '/healthz',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'healthz',
        summary: 'Check that the process is up',
        tags: ['operations'],
        response: { 200: json('The process is up.', ok) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'readyz',
        summary: 'Check that Redis accepts writes and MongoDB answers',
        tags: ['operations'],
        response: { 200: json('Both stores are available.', ok), ...failures('UNAVAILABLE') },
      },
    },
    async () => {
      const results = Object.entries(stores).map(async ([name, ping]) => {
        try {
          await withDeadline(ANSWER_TIMEOUT_MS, ping);
          return [];
        } catch (failure) {
          return [{ name, failure }];
        }
      });
      const unavailable = (await Promise.all(results)).flat();
      if (unavailable.length === 0) return { status: 'ok' as const };
      const names = unavailable.map(({ name }) => name);
      throw new AppError(
        'UNAVAILABLE',
        `not ready: ${unavailable.map(describeUnavailable).join('; ')}`,
        {
          details: { unavailable: names },
          cause: unavailable[0]?.failure,
        },
      );
    },
  );
}

// In the message of a store's error, the reason comes before the semicolon and the advice comes
// after the semicolon.
function describeUnavailable({ name, failure }: { name: string; failure: unknown }): string {
  const [reason] = isAppError(failure) ? failure.message.split(';', 1) : [];
  return reason ?? `${name} does not answer`;
}
