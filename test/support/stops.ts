import type { Info } from '@baton/core/internal';
import { openApi } from './api.ts';
import { test as base, type Fleet } from './fleet.ts';

/** Cancels and interrupts sessions over HTTP. */
export interface Stops {
  /** Calls POST /v1/sessions/:id/cancel or /interrupt. Returns the status, and the session or the error. */
  ask(
    verb: 'cancel' | 'interrupt',
    id: string,
  ): Promise<{ status: number; body: Info & { error: never } }>;
  close(): Promise<void>;
}

/** Opens an API on the stores of this fleet. */
export async function openStops({ env }: Pick<Fleet, 'env'>): Promise<Stops> {
  const api = await openApi({
    redis: env['REDIS_URL'] ?? '',
    mongodb: env['MONGODB_URL'] ?? '',
    prefix: env['QUEUE_PREFIX'] ?? '',
  });
  return {
    async ask(verb, id) {
      const answer = await api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/${verb}` });
      return { status: answer.statusCode, body: answer.json() };
    },
    close: api.close,
  };
}

/** `test` with a fleet of one worker, and an API that stops the fleet's sessions. */
export const test = base.extend<{ $file: { stops: Stops } }>({
  stops: [
    async ({ fleet }, use) => {
      // A heartbeat is due each third of a lease, which is longer than any test waits. So the worker can
      // learn of a stop only over Redis.
      await fleet.worker({ LEASE_MS: '600000' });
      const stops = await openStops(fleet);
      await use(stops);
      await stops.close();
    },
    { scope: 'file' },
  ],
});
