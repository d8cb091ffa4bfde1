import { expect, test } from 'vitest';
import { operatorEnv } from '../../../../apps/worker/src/claude/base-env.ts';

test.each([
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'HTTPS_PROXY',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_BASE_URL',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_VERTEX_PROJECT_ID',
  'ANTHROPIC_DEFAULT_SONNET_MODEL',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CODE_USE_BEDROCK',
  'AWS_REGION',
  'AWS_CA_BUNDLE',
  'AWS_ENDPOINT_URL_BEDROCK_RUNTIME',
  'CLAUDE_CODE_USE_ANTHROPIC_AWS',
  'ANTHROPIC_AWS_API_KEY',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD',
  'CLAUDE_CODE_USE_FOUNDRY',
  'ANTHROPIC_FOUNDRY_API_KEY',
  'AZURE_CLIENT_SECRET',
  'AZURE_FEDERATED_TOKEN_FILE',
  'IDENTITY_HEADER',
  'CLAUDE_CODE_USE_GATEWAY',
  'CLAUDE_CODE_MAX_RETRIES',
])('the CLI’s environment inherits %s', (name) => {
  expect(operatorEnv({ [name]: 'value' })).toEqual({ [name]: 'value' });
});

test.each([
  'REDIS_URL',
  'MONGODB_URL',
  'BATON_RUN',
  'CLAUDECODE',
  'CLAUDE_CONFIG_DIR',
  'CLAUDE_CODE_SESSION_ID',
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_RETRY_WATCHDOG',
  'NODE_OPTIONS',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'GITHUB_TOKEN',
  'npm_config_registry',
])('the CLI’s environment does not inherit %s', (name) => {
  expect(operatorEnv({ [name]: 'value' })).toEqual({});
});

test('the CLI’s environment has no variables without a value', () => {
  expect(operatorEnv({ PATH: '/bin', ANTHROPIC_API_KEY: '', HOME: undefined })).toEqual({
    PATH: '/bin',
  });
});
