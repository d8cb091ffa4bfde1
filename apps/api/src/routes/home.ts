import type { FastifyRequest } from 'fastify';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { safeNext } from '../pages/login-page.ts';

/** The answer to a program that requests `/`. */
const HOME = {
  name: 'Baton',
  description: 'A job queue whose jobs are Claude Code sessions.',
  links: {
    sessions: '/v1/sessions',
    openapi: '/openapi.json',
    docs: '/docs',
    pages: '/sessions',
    queue: '/queues',
    health: '/healthz',
    ready: '/readyz',
  },
};

const SESSIONS_PAGE = '/sessions';

/**
 * Serves `/`: a browser is redirected to the sessions page, and a program gets a list of links. If
 * the API asks for no keys, `/login` redirects too.
 */
export function registerHome(app: App, { auth }: Pick<AppDeps, 'auth'>): void {
  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    reply.header('vary', 'accept');
    return acceptsHtml(request) ? reply.redirect(SESSIONS_PAGE, 303) : HOME;
  });

  if (auth.kind === 'keys') return;
  app.get('/login', { schema: { hide: true } }, async (request, reply) => {
    const { next } = request.query as { next?: unknown };
    return reply.redirect(next === undefined ? SESSIONS_PAGE : safeNext(next), 303);
  });
}

function acceptsHtml({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false;
}
