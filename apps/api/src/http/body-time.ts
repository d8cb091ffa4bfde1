import type { FastifyContextConfig } from 'fastify';
import type { App } from '../app-type.ts';
import { answerClientError } from './client-error.ts';
import { announcesBody } from './json-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route itself limits how long the body of its requests may take. */
    limitsBodyTime?: boolean;
  }
}

/** How long the body of a request may take to arrive after its headers, in milliseconds. */
const BODY_MAX_MS = 30_000;

/**
 * Ends requests whose body arrives too slowly, except on routes that limit it themselves. Node's own limit,
 * `requestTimeout`, is the same for all routes of a server.
 */
export function registerBodyTime(app: App, maxMs = BODY_MAX_MS): void {
  app.addHook('onRequest', async (request) => {
    const { raw, routeOptions } = request;
    const config: FastifyContextConfig = routeOptions.config;
    if (!announcesBody(request) || config.limitsBodyTime === true) return;
    const timer = setTimeout(() => {
      if (!raw.complete) answerClientError(new Error('the body arrives too slowly'), raw.socket);
    }, maxMs);
    for (const event of ['end', 'close']) raw.once(event, () => clearTimeout(timer));
  });
}
