import type { Info } from '@baton/core/internal';
import { openApi } from './api.ts';
import { test as base, type Fleet } from './fleet.ts';

/** Asks over HTTP for the end of sessions, as anyone may who is not their worker. */
export interface Stops {
  /** The answer of POST /v1/sessions/:id/cancel or /interrupt: its status, and the session or the error. */
  ask(
    verb: 'cancel' | 'interrupt',
    id: string,
  ): Promise<{ status: number; body: Info & { error: never } }>;
  close(): Promise<void>;
}

/** An API on the stores of this fleet. */
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

/** `test` with a fleet of one worker, and the means to end its sessions. */
export const test = base.extend<{ $file: { stops: Stops } }>({
  stops: [
    async ({ fleet }, use) => {
      // No heartbeat comes in time here: what is heard, is heard by the word over Redis.
      await fleet.worker({ LEASE_MS: '60000' });
      const stops = await openStops(fleet);
      await use(stops);
      await stops.close();
    },
    { scope: 'file' },
  ],
});
