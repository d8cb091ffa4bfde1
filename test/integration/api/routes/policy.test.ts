// One policy checks every call that makes a session. A refusal names the field and stores nothing.
import type { Policy, SessionConfig } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test as base, countJobs, databaseUrl, openApi } from '../../../support/api.ts';
import { makeCompletedSession } from '../../../support/factories.ts';
import { redisUrl } from '../../../support/services.ts';

const POLICY: Partial<Policy> = {
  settingSources: { byDefault: [], allowed: ['user'] },
  strictMcpConfig: { byDefault: true, isLocked: true },
  allowedMcpCommands: ['/opt/files-server'],
};

const test = base.extend<{ $file: { strict: Api } }>({
  strict: [
    async ({ databaseName, queuePrefix, db: _dropped }, use) => {
      const at = { redis: redisUrl(), mongodb: databaseUrl(databaseName), prefix: queuePrefix };
      const api = await openApi({ ...at, policy: POLICY });
      await use(api);
      await api.queue.bull.obliterate({ force: true });
      await api.close();
    },
    { scope: 'file' },
  ],
});

function hooked(headers: Record<string, string>, allowedEnvVars: string[]) {
  const hook = { type: 'http', url: 'http://hook.test', headers, allowedEnvVars };
  return { hooks: { Stop: [{ hooks: [hook] }] } };
}

const HOOK = 'settings.hooks.Stop.0.hooks.0';

const REFUSED: [what: string, config: Partial<SessionConfig>, field: string][] = [
  [
    "an operator's variable in an HTTP hook",
    { settings: hooked({ A: '$HOME' }, ['HOME']) },
    `${HOOK}.allowedEnvVars.0`,
  ],
  [
    'a header that the CLI would change',
    { settings: hooked({ Authorization: 'pa$SWORD' }, []) },
    `${HOOK}.headers.Authorization`,
  ],
  [
    'a setting source that the operator locked',
    { setting_sources: ['user', 'local'] },
    'setting_sources',
  ],
  ['a plugin outside the directories of the operator', { plugins: ['/srv/other'] }, 'plugins.0'],
  [
    'a program of an agent that the operator does not list',
    {
      agents: {
        critic: { description: 'd', prompt: 'p', mcpServers: [{ own: { command: 'sh' } }] },
      },
    },
    'agents.critic.mcpServers.0.own.command',
  ],
  ["using a repository's MCP servers", { strict_mcp_config: false }, 'strict_mcp_config'],
];

const post = (api: Api, url: string, payload: object) =>
  api.app.inject({ method: 'POST', url, payload });

describe.for(REFUSED)('%s is refused', ([, config, field]) => {
  const error = { code: 'OPTION_NOT_ALLOWED', details: { field } };

  test('in a launch', async ({ strict }) => {
    const before = await countJobs(strict);
    const answer = await post(strict, '/v1/sessions', { query: 'q', ...config });
    expect(answer.json()).toMatchObject({ error });
    expect(answer.statusCode).toBe(422);
    expect(await countJobs(strict)).toBe(before);
  });

  test('in a bulk launch, which accepts the other launches', async ({ strict }) => {
    const sessions = [{ query: 'q' }, { query: 'q', ...config }];
    const answer = await post(strict, '/v1/sessions/bulk', { sessions });
    expect(answer.json().results).toMatchObject([{ status: 202 }, { status: 422, error }]);
  });

  test('in a continue that sets it', async ({ strict }) => {
    const parent = await strict.stores.sessions.insertIfAbsent(makeCompletedSession());
    const answer = await post(strict, `/v1/sessions/${parent.id}/continue`, {
      query: 'q',
      ...config,
    });
    expect([answer.statusCode, answer.json().error]).toMatchObject([422, error]);
  });

  test('in a continue that inherits it, unless the continue clears it', async ({ strict }) => {
    const made = makeCompletedSession({ config: { query: 'first', ...config } });
    const { id } = await strict.stores.sessions.insertIfAbsent(made);
    const inherits = await post(strict, `/v1/sessions/${id}/continue`, { query: 'q' });
    expect([inherits.statusCode, inherits.json().error]).toMatchObject([422, error]);
    const cleared = Object.fromEntries(Object.keys(config).map((key) => [key, null]));
    const clears = await post(strict, `/v1/sessions/${id}/continue`, { query: 'q', ...cleared });
    expect(clears.statusCode, clears.body).toBe(202);
  });

  test('in a new or changed schedule', async ({ strict }) => {
    const under = { code: 'OPTION_NOT_ALLOWED', details: { field: `launch.${field}` } };
    const launch = { query: 'q', ...config };
    const refused = await post(strict, '/v1/schedules', { every_ms: 60_000, launch });
    expect([refused.statusCode, refused.json().error]).toMatchObject([422, under]);
    const made = await post(strict, '/v1/schedules', { every_ms: 60_000, launch: { query: 'q' } });
    const url = `/v1/schedules/${made.json().id}`;
    const changed = await strict.app.inject({ method: 'PATCH', url, payload: { launch } });
    expect([changed.statusCode, changed.json().error]).toMatchObject([422, under]);
  });
});

test('an HTTP hook may use a variable that the continue inherits', async ({ strict }) => {
  const made = makeCompletedSession({ config: { query: 'first', env: { MINE: 'x' } } });
  const { id } = await strict.stores.sessions.insertIfAbsent(made);
  const settings = hooked({ A: '$MINE' }, ['MINE']);
  const asked = { query: 'q', settings };
  const inherits = await post(strict, `/v1/sessions/${id}/continue`, asked);
  expect(inherits.statusCode, inherits.body).toBe(202);
  const clears = await post(strict, `/v1/sessions/${id}/continue`, { ...asked, env: null });
  expect(clears.json().error.details).toEqual({ field: `${HOOK}.allowedEnvVars.0` });
});
