import { createLogger } from '@baton/core/internal';
import { type FastifyBaseLogger, fastify, type HTTPMethods } from 'fastify';
import { describe, expect } from 'vitest';
import type { App } from '../../../../apps/api/src/app-type.ts';
import { ACCESS_ROWS, accessOf } from '../../../../apps/api/src/auth/access.ts';
import { registerAuth } from '../../../../apps/api/src/auth/authenticate.ts';
import { test } from '../../../support/keyed-api.ts';

const FORGOTTEN = 'this route is missing from the access table';

// For the rows that cover more than one route: one of them.
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

describe('the table of scopes', () => {
  test('speaks of every route of the API', async ({ keyed: api }) => {
    expect(forgottenIn(api.logged)).toEqual([]);
  });

  test('speaks of no route that is not there', async ({ keyed: api }) => {
    const gone = ACCESS_ROWS.filter((row) => {
      const [method, url = ''] = row.split(' ');
      return !api.app.hasRoute({ method: method as HTTPMethods, url: BELOW[row] ?? url });
    });
    expect(gone).toEqual([]);
  });

  test('a route that it forgets is told of at the start, and is for admins alone', async () => {
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

  test('covers what lies below a path, and not what only begins like it', () => {
    expect(accessOf('GET', '/docs/js/scalar.js')).toBe('public');
    expect(accessOf('GET', '/docs')).toBe('public');
    expect(accessOf('GET', '/docs-of-admins')).toBe('admin');
    expect(accessOf('HEAD', '/v1/sessions')).toBe('read');
    expect(accessOf('PUT', '/queues/api/queues/sessions/retry/failed')).toBe('write');
  });
});
