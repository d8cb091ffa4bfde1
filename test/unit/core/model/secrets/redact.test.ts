import { REDACTED, redactConfig, redactJob, type SessionConfig } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { makeContinueJob, makeFullConfig, makeLaunchJob } from '../../../../support/factories.ts';

describe('redactConfig', () => {
  test('hides every secret and keeps all names and plain values', () => {
    const redacted = redactConfig(makeFullConfig());
    const fullAgent = makeFullConfig().agents?.['helper'];
    expect(JSON.stringify(redacted)).not.toContain('s3cret');
    expect(redacted).toEqual({
      ...makeFullConfig(),
      env: { API_TOKEN: REDACTED },
      settings: { env: { SETTING: REDACTED }, 'dotted.key': { $dollar: 1 } },
      mcp_config: {
        mcpServers: {
          files: { command: 'files-server', args: ['--root', '/srv'], env: { TOKEN: REDACTED } },
          web: {
            type: 'http',
            url: 'https://redacted:redacted@example.test/mcp?key=redacted#redacted',
            headers: { Authorization: REDACTED },
          },
        },
      },
      agents: {
        helper: {
          ...fullAgent,
          mcpServers: [
            'files',
            { own: { command: 'own-server', env: { TOKEN: REDACTED }, timeout: 5000 } },
            { web: { type: 'http', url: 'https://example.test/mcp?key=redacted' } },
          ],
          hooks: { Stop: [{ hooks: [{ type: 'command', command: 'x', token: REDACTED }] }] },
        },
      },
    });
  });

  test('hides all of an agent that is no agent, and keys that agents do not have', () => {
    const agents = { a: { prompt: 'p', secret: 'x', mcpServers: 5 }, b: 'x' };
    expect(redactConfig({ agents })).toEqual({
      agents: { a: { prompt: 'p', secret: REDACTED, mcpServers: REDACTED }, b: REDACTED },
    });
  });

  test('hides the credentials of a repository, but not its user name and known hosts', () => {
    const shown = { username: 'ann', ssh_known_hosts: 'host key' };
    const workspace = {
      type: 'git',
      url: 'https://example.test/a.git',
      credentials: { ...shown, password: 's3cret', ssh_key: 's3cret' },
    };
    const redacted = {
      ...workspace,
      credentials: { ...shown, password: REDACTED, ssh_key: REDACTED },
    };
    expect(redactConfig({ workspace })).toEqual({ workspace: redacted });
    expect(redactJob({ kind: 'launch', config: { workspace } })).toEqual({
      kind: 'launch',
      config: { workspace: redacted },
    });
  });

  test.each<[string, string]>([
    ['https://example.test/a.git', 'https://example.test/a.git'],
    ['git@example.test:a.git', 'git@example.test:a.git'],
    ['https://s3cret@example.test/a.git', 'https://redacted@example.test/a.git'],
    ['https://ann:s3cret@example.test/a.git', 'https://redacted@example.test/a.git'],
    ['ssh://git:s3cret@example.test/a.git', 'ssh://git:redacted@example.test/a.git'],
  ])('turns the URL %s of a repository into %s', (url, expected) => {
    const workspace = { type: 'git', url };
    expect(redactConfig({ workspace })).toEqual({ workspace: { type: 'git', url: expected } });
  });

  test('does not change its argument', () => {
    const config = makeFullConfig();
    redactConfig(config);
    expect(config).toEqual(makeFullConfig());
  });

  test.each<[string, string]>([
    ['https://example.test/mcp', 'https://example.test/mcp'],
    ['https://token@example.test/', 'https://redacted@example.test/'],
    ['https://:pass@example.test/', 'https://:redacted@example.test/'],
    ['https://example.test/?a=1&b=2&a=3', 'https://example.test/?a=redacted&b=redacted&a=redacted'],
    ['https://example.test/?bare-token', 'https://example.test/?redacted'],
    ['not a URL', REDACTED],
  ])('turns the URL %s into %s', (url, expected) => {
    const config: SessionConfig = {
      query: 'q',
      mcp_config: { mcpServers: { x: { type: 'http', url } } },
    };
    expect(redactConfig(config).mcp_config).toEqual({
      mcpServers: { x: { type: 'http', url: expected } },
    });
  });
});

describe('redaction by secret-like names', () => {
  test.each<[string[], string[]]>([
    [
      ['--root', '/srv', '-v'],
      ['--root', '/srv', '-v'],
    ],
    [['--api-key=s3cret'], [`--api-key=${REDACTED}`]],
    [
      ['--token', 's3cret', 'x'],
      ['--token', REDACTED, 'x'],
    ],
    [
      ['-e', 'DB_PASSWORD=s3cret'],
      ['-e', `DB_PASSWORD=${REDACTED}`],
    ],
    [
      ['--header', 'Authorization: Bearer s3cret'],
      ['--header', `Authorization:${REDACTED}`],
    ],
    [
      ['--token', '--verbose'],
      ['--token', '--verbose'],
    ],
    [
      ['--max-tokens', '100'],
      ['--max-tokens', '100'],
    ],
    [['https://example.test/a'], ['https://example.test/a']],
  ])('turns the arguments %j into %j', (args, expected) => {
    const mcp_config = { mcpServers: { x: { command: 'x', args } } };
    expect(redactConfig({ query: 'q', mcp_config }).mcp_config).toEqual({
      mcpServers: { x: { command: 'x', args: expected } },
    });
  });

  test('hides values in settings and in a job’s metadata at any depth, but keeps token counts', () => {
    const nested = {
      a: [{ client_secret: 's3cret', tokens: 5, max_tokens: 7, apiKey: ['s3cret'] }],
    };
    const hidden = {
      a: [{ client_secret: REDACTED, tokens: 5, max_tokens: 7, apiKey: REDACTED }],
    };
    expect(redactConfig({ query: 'q', settings: nested }).settings).toEqual(hidden);
    expect(redactJob({ metadata: nested })).toEqual({ metadata: hidden });
  });
});

describe('redactJob', () => {
  test('leaves a valid job readable', () => {
    const job = makeLaunchJob({
      title: 'Nightly',
      tags: ['a'],
      metadata: { ticket: 7 },
      priority: 3,
    });
    expect(redactJob(job)).toEqual(job);
    const next = makeContinueJob(job.id, { overrides: { query: 'go on', model: null, env: null } });
    expect(redactJob(next)).toEqual(next);
  });

  // Anyone may write to the queue, so these payloads were never validated.
  test.each<[string, unknown]>([
    ['a string', 's3cret'],
    ['a list', ['s3cret']],
    ['a config on the top level', { kind: 'launch', env: { A: 's3cret' } }],
    ['a config that is a string', { config: 's3cret' }],
    ['a config that is a list', { config: [{ env: 's3cret' }] }],
    ['an unknown key of a config', { config: { query: 'q', environment: { A: 's3cret' } } }],
    ['env as a string', { config: { env: 'A=s3cret' } }],
    ['env as a list', { config: { env: ['A=s3cret'] } }],
    ['env of objects', { config: { env: { A: { value: 's3cret' } } } }],
    ['settings as a string', { config: { settings: '{"env":{"A":"s3cret"}}' } }],
    ['settings.env as a string', { config: { settings: { env: 'A=s3cret' } } }],
    ["mcp_config as a string, as in the seed's RPC", { overrides: { mcp_config: 's3cret' } }],
    ['servers outside mcpServers', { config: { mcp_config: { x: { env: { A: 's3cret' } } } } }],
    ['a server as a string', { config: { mcp_config: { mcpServers: { x: 's3cret' } } } }],
    ['servers as a list', { config: { mcp_config: { mcpServers: [{ env: { A: 's3cret' } }] } } }],
    [
      'a server of both kinds',
      {
        config: {
          mcp_config: {
            mcpServers: {
              x: { command: 'x', url: 'https://u:s3cret@x.test', headers: { A: 's3cret' } },
            },
          },
        },
      },
    ],
    [
      'an unknown key of a server',
      { config: { mcp_config: { mcpServers: { x: { command: 'x', secrets: ['s3cret'] } } } } },
    ],
  ])('hides the secret in %s', (_, data) => {
    expect(JSON.stringify(redactJob(data))).not.toContain('s3cret');
  });

  test.each([undefined, null, 5, true])('hides the whole payload %s', (data) => {
    expect(redactJob(data)).toBe(REDACTED);
  });

  test('hides keys named like built-in properties', () => {
    const data = JSON.parse('{"__proto__":"s3cret","constructor":"s3cret"}') as unknown;
    expect(JSON.stringify(redactJob(data))).not.toContain('s3cret');
  });
});
