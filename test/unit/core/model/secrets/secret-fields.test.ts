import { REDACTED, redactConfig, type SessionConfig } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { mapSecrets } from '../../../../../packages/core/src/model/secrets/secret-fields.ts';
import { makeFullConfig } from '../../../../support/factories.ts';

const config: SessionConfig = {
  ...makeFullConfig(),
  settings: {
    env: { SETTING: 's3cret-setting' },
    apiToken: 's3cret-named',
    deep: [{ credentials: { user: 's3cret-user', list: ['s3cret-list'], port: 1 } }],
    model: 'opus',
  },
  mcp_config: {
    mcpServers: {
      files: {
        command: 'files-server',
        args: ['--token=s3cret-arg', '--password', 's3cret-next', '--root', '/srv'],
        env: { TOKEN: 's3cret-stdio', EMPTY: '' },
      },
      web: {
        type: 'http',
        url: 'https://s3cret-user:s3cret%2Fpass@example.test/mcp?key=s3cret-query&s3cret-alone#s3cret-hash',
        headers: { Authorization: 'Bearer s3cret-header' },
      },
    },
  },
};

function secretsIn(value: SessionConfig): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  mapSecrets(value, (secret, field) => {
    found[field] = [...(found[field] ?? []), secret];
    return secret;
  });
  return found;
}

describe('the secrets of a config', () => {
  test('are found in every place, each with its field', () => {
    expect(secretsIn(config)).toEqual({
      'env.API_TOKEN': ['s3cret-env'],
      'settings.env.SETTING': ['s3cret-setting'],
      'settings.apiToken': ['s3cret-named'],
      'settings.deep.0.credentials.user': ['s3cret-user'],
      'settings.deep.0.credentials.list.0': ['s3cret-list'],
      'mcp_config.mcpServers.files.args.0': ['s3cret-arg'],
      'mcp_config.mcpServers.files.args.2': ['s3cret-next'],
      'mcp_config.mcpServers.files.env.TOKEN': ['s3cret-stdio'],
      'mcp_config.mcpServers.web.url': [
        's3cret-user',
        's3cret/pass',
        's3cret-hash',
        's3cret-query',
        's3cret-alone',
      ],
      'mcp_config.mcpServers.web.headers.Authorization': ['Bearer s3cret-header'],
      'agents.helper.mcpServers.1.own.env.TOKEN': ['s3cret-agent-stdio'],
      'agents.helper.mcpServers.2.web.url': ['s3cret/agent-query'],
      'agents.helper.hooks.Stop.0.hooks.0.token': ['s3cret-hook'],
    });
  });

  test('are exactly the values that readers do not see', () => {
    expect(JSON.stringify(redactConfig(config))).not.toContain('s3cret');
    expect(JSON.stringify(mapSecrets(config, () => 'x'))).not.toContain('s3cret');
    const hidden = JSON.stringify(redactConfig(mapSecrets(config, () => 'gone')));
    expect(hidden).toContain(REDACTED);
    expect(hidden).not.toContain('gone');
  });

  test('are percent-decoded from a URL and encoded again', () => {
    const mapped = mapSecrets(config, (secret) => secret.toUpperCase());
    expect(mapped.mcp_config?.mcpServers['web']).toMatchObject({
      url: 'https://S3CRET-USER:S3CRET%2FPASS@example.test/mcp?key=S3CRET-QUERY&S3CRET-ALONE#S3CRET-HASH',
    });
    expect(mapSecrets(config, (secret) => secret)).toEqual(config);
  });

  test('do not exist in a plain config, and mapSecrets leaves that config unchanged', () => {
    const plain: SessionConfig = {
      query: 'q',
      env: {},
      settings: { model: 'x', maxTokens: 5 },
      mcp_config: { mcpServers: { web: { type: 'http', url: 'https://example.test' } } },
    };
    expect(secretsIn(plain)).toEqual({});
    expect(mapSecrets(plain, () => 'x')).toEqual(plain);
  });
});
