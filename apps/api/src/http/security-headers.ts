import type { App } from '../app-type.ts';

// The defaults suit JSON answers. Pages set their own policy, and cacheable answers their own
// cache-control.
const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  // With "no-referrer", browsers would send `Origin: null` with Baton's own forms, and Baton
  // refuses that origin.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Adds security headers to every answer: no content sniffing, no frames, no caching. */
export function registerSecurityHeaders(app: App): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS);
    done();
  });
}
