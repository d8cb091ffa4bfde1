import { describe, expect } from 'vitest';
import { type Api, test as base, databaseUrl, openApi } from '../../../support/api.ts';
import { makeFullConfig } from '../../../support/factories.ts';
import { redisUrl } from '../../../support/services.ts';

// Every secret of makeFullConfig() starts with this.
const SECRET = 's3cret';

const test = base.extend<{ $file: { open: Api } }>({
  open: [
    async ({ databaseName, queuePrefix, db: _dropped }, use) => {
      const api = await openApi({
        redis: redisUrl(),
        mongodb: databaseUrl(databaseName),
        prefix: queuePrefix,
        policy: { allowedRoots: ['/srv'] },
      });
      await use(api);
      await api.queue.bull.obliterate({ force: true });
      await api.close();
    },
    { scope: 'file' },
  ],
});

describe('a secret in a config', () => {
  test('never appears in a response or in the log', async ({ open }) => {
    const launched = await open.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: makeFullConfig(),
    });
    expect(launched.statusCode, launched.body).toBe(202);
    expect(launched.body).not.toContain(SECRET);
    const { id } = launched.json();
    const paths = [
      `/v1/sessions/${id}`,
      `/v1/sessions/${id}?include=config`,
      `/v1/sessions/${id}/events`,
      `/v1/sessions/${id}/conversation`,
      '/v1/sessions',
      '/v1/schema',
      '/openapi.json',
      '/queues/api/queues?activeQueue=sessions&status=latest&page=1&jobsPerPage=10',
      `/queues/api/queues/sessions/${id}`,
      `/queues/api/queues/sessions/${id}/logs`,
      `/queues/api/queues/sessions/${id}/flow`,
      '/sessions',
      `/sessions/${id}`,
    ];
    for (const url of paths) {
      const answer = await open.app.inject({ url });
      expect([url, answer.statusCode]).toEqual([url, 200]);
      expect(answer.body, url).not.toContain(SECRET);
    }
    expect(open.logged.join('\n')).not.toContain(SECRET);
  });

  test('is shown by its name, so that a reader sees that the secret was set', async ({ open }) => {
    const launched = await open.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: makeFullConfig(),
    });
    const read = await open.app.inject({
      url: `/v1/sessions/${launched.json().id}?include=config`,
    });
    expect(read.json().config).toMatchObject({
      query: 'do it',
      env: { API_TOKEN: '[redacted]' },
      settings: { env: { SETTING: '[redacted]' }, 'dotted.key': { $dollar: 1 } },
      mcp_config: {
        mcpServers: {
          files: { command: 'files-server', env: { TOKEN: '[redacted]' } },
          web: { headers: { Authorization: '[redacted]' } },
        },
      },
    });
  });
});
