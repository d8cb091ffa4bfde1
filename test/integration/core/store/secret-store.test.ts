// The sessions that a rotation of keys looks at.
import { findKids, type SessionConfig } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';

const server = { type: 'http' as const, url: 'https://mcp.test/', headers: { key: 's3cret' } };

const HOLDERS: [string, Partial<SessionConfig>][] = [
  ['env', { env: { TOKEN: 's3cret' } }],
  ['settings', { settings: { apiKey: 's3cret' } }],
  ['mcp_config', { mcp_config: { mcpServers: { one: server } } }],
  ['agents', { agents: { one: { description: 'd', prompt: 'p', mcpServers: [{ one: server }] } } }],
  [
    'workspace.credentials',
    {
      workspace: {
        type: 'git',
        url: 'https://git.example.com/a.git',
        credentials: { password: 's3cret' },
      },
    },
  ],
];

describe('the sessions of a rotation', () => {
  test.for(HOLDERS)(
    'include a session whose only secrets are in %s',
    async ([, keys], { stores }) => {
      const config: SessionConfig = { query: 'q', ...keys };
      expect(findKids(config)).toEqual(new Set(['plain']));
      const { id } = await stores.sessions.insertIfAbsent(makeSession({ config }));
      const found: object[] = [];
      for await (const holder of stores.secrets.sessions()) found.push(holder);
      expect(found).toContainEqual(expect.objectContaining({ id, config }));
    },
  );
});
