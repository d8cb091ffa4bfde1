import type { Info } from '@baton/core';
import { openApi } from './api.ts';
import type { Fleet } from './fleet.ts';

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
