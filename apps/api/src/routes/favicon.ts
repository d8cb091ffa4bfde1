import type { App } from '../app-type.ts';

const MAX_AGE_S = 86_400;

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M7 25 25 7" stroke="#0082d0" stroke-width="7" stroke-linecap="round"/><path d="m19 13 6-6" stroke="#ff8d4d" stroke-width="7" stroke-linecap="round"/></svg>';

/** Serves the icon that browsers request with every page; without it each page would log a 404. */
export function registerFavicon(app: App): void {
  app.get('/favicon.ico', { logLevel: 'warn', schema: { hide: true } }, async (_request, reply) =>
    reply.type('image/svg+xml').header('cache-control', `public, max-age=${MAX_AGE_S}`).send(ICON),
  );
}
