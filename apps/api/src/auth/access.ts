import type { Scope } from '@baton/core/internal';

/** The access that a route requires: a scope, or `public` if it requires none. */
export type Access = Scope | 'public';

// Every route of the API has a row here. A row that ends in `/*` matches the path before the `/*`
// and all paths below that path.
const ROUTES: Record<string, Access> = {
  'GET /': 'public',
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /openapi.json': 'public',
  'GET /docs/*': 'public',
  'GET /favicon.ico': 'public',
  'GET /.well-known/jwks.json': 'public',
  'GET /v1/schema': 'read',
  'POST /v1/sessions': 'write',
  'POST /v1/sessions/bulk': 'write',
  'POST /v1/sessions/cancel': 'write',
  'GET /v1/sessions': 'read',
  'GET /v1/sessions/:id': 'read',
  'GET /v1/sessions/:id/events': 'read',
  'GET /v1/events': 'read',
  'GET /v1/sessions/:id/conversation': 'read',
  'DELETE /v1/sessions/:id': 'admin',
  'GET /v1/usage': 'read',
  'GET /v1/limits': 'admin',
  'GET /v1/limits/:kind/:name': 'admin',
  'PUT /v1/limits/:kind/:name': 'admin',
  'DELETE /v1/limits/:kind/:name': 'admin',
  'GET /v1/sessions/:id/transcript': 'read',
  'GET /v1/sessions/:id/transcript/files': 'read',
  'GET /v1/sessions/:id/files': 'read',
  'GET /v1/sessions/:id/files/*': 'read',
  'GET /v1/sessions/:id/diff': 'read',
  'GET /v1/sessions/:id/workspace.tar.gz': 'read',
  'POST /v1/sessions/:id/continue': 'write',
  'POST /v1/sessions/:id/rerun': 'write',
  'POST /v1/sessions/:id/cancel': 'write',
  'POST /v1/sessions/:id/interrupt': 'write',
  'POST /v1/sessions/:id/messages': 'write',
  'GET /v1/sessions/:id/messages': 'read',
  'DELETE /v1/sessions/:id/messages/:message_id': 'write',
  'POST /v1/files': 'write',
  'GET /v1/files/:id': 'read',
  'GET /v1/files/:id/content': 'read',
  'DELETE /v1/files/:id': 'write',
  'POST /v1/schedules': 'write',
  'GET /v1/schedules': 'read',
  'GET /v1/schedules/:id': 'read',
  'PATCH /v1/schedules/:id': 'write',
  'DELETE /v1/schedules/:id': 'write',
  'POST /v1/webhooks': 'admin',
  'GET /v1/webhooks': 'admin',
  'GET /v1/webhooks/:id': 'admin',
  'PATCH /v1/webhooks/:id': 'admin',
  'DELETE /v1/webhooks/:id': 'admin',
  'GET /v1/webhooks/:id/deliveries': 'admin',
  'POST /v1/webhooks/:id/deliveries/:delivery_id/redeliver': 'admin',
  'GET /login': 'public',
  'POST /login': 'public',
  'POST /logout': 'public',
  'GET /sessions': 'read',
  'GET /sessions/:id': 'read',
  'POST /sessions/:id/cancel': 'write',
  'POST /sessions/:id/interrupt': 'write',
  'GET /queues/*': 'read',
  'POST /queues/*': 'write',
  'PUT /queues/*': 'write',
  'PATCH /queues/*': 'write',
};

/** The rows of the table, as `METHOD /path`. */
export const ACCESS_ROWS: readonly string[] = Object.keys(ROUTES);

/** Finds the row of a route, or returns undefined. HEAD uses the row of GET. */
export function accessRow(method: string, url: string): string | undefined {
  const route = `${method === 'HEAD' ? 'GET' : method} ${url}`;
  if (route in ROUTES) return route;
  return ACCESS_ROWS.find((row) => row.endsWith('/*') && isBelow(route, row.slice(0, -2)));
}

/** Returns the access that a route requires. A route without a row requires scope `admin`. */
export function accessOf(method: string, url: string): Access {
  const row = accessRow(method, url);
  return (row === undefined ? undefined : ROUTES[row]) ?? 'admin';
}

function isBelow(route: string, top: string): boolean {
  return route === top || route.startsWith(`${top}/`);
}
