import { createLogger } from '@baton/core/internal';
import { type FastifyBaseLogger, fastify, type HTTPMethods } from 'fastify';
import { describe, expect } from 'vitest';
import type { App } from '../../../../apps/api/src/app-type.ts';
import { ACCESS_ROWS, accessOf } from '../../../../apps/api/src/auth/access.ts';
import { registerAuth } from '../../../../apps/api/src/auth/authenticate.ts';
import { test } from '../../../support/keyed-api.ts';

const FORGOTTEN = 'this route is missing from the access table';

// For each row that covers several routes, one of these routes.
const BELOW: Record<string, string> = {
  'GET /docs/*': '/docs/',
  'GET /queues/*': '/queues/queue/:queueName',
  'POST /queues/*': '/queues/api/queues/:queueName/add',
  'PUT /queues/*': '/queues/api/queues/pause',
  'PATCH /queues/*': '/queues/api/queues/:queueName/:jobId/delay',
};

function forgottenIn(logged: string[]): string[] {
  const lines = logged.map((line) => JSON.parse(line));
  return lines.filter(({ msg }) => msg.startsWith(FORGOTTEN)).map(({ route }) => route);
}

describe('the access table', () => {
  test('has a row for every route of the API', async ({ keyed: api }) => {
    expect(forgottenIn(api.logged)).toEqual([]);
  });

  test('has no row without a route', async ({ keyed: api }) => {
    const gone = ACCESS_ROWS.filter((row) => {
      const [method, url = ''] = row.split(' ');
      return !api.app.hasRoute({ method: method as HTTPMethods, url: BELOW[row] ?? url });
    });
    expect(gone).toEqual([]);
  });

  test('makes a route without a row admin-only, and the API logs that route at start', async () => {
    const logged: string[] = [];
    const loggerInstance: FastifyBaseLogger = createLogger('api', 'error', {
      write: (line) => logged.push(line),
    });
    const app = fastify({ loggerInstance }) as unknown as App;
    registerAuth(app, { kind: 'none' });
    app.get('/v1/forgotten', async () => 'hi');
    await app.ready();
    expect(forgottenIn(logged)).toEqual(['GET /v1/forgotten', 'HEAD /v1/forgotten']);
    expect(accessOf('GET', '/v1/forgotten')).toBe('admin');
    await app.close();
  });

  test('covers all paths below a path, but no other path that begins with the same letters', () => {
    expect(accessOf('GET', '/docs/js/scalar.js')).toBe('public');
    expect(accessOf('GET', '/docs')).toBe('public');
    expect(accessOf('GET', '/docs-of-admins')).toBe('admin');
    expect(accessOf('HEAD', '/v1/sessions')).toBe('read');
    expect(accessOf('PUT', '/queues/api/queues/sessions/retry/failed')).toBe('write');
  });
});
