import { expect, test } from 'vitest';
import { withModel } from '../../../../scripts/demo/model.ts';
import { workerEnvironment } from '../../../../tools/baton-processes/settings.ts';

const model = {
  description: 'a scripted Messages API',
  settings: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1', ANTHROPIC_API_KEY: 'scripted' },
  stop: async () => {},
};

// Each variable would send requests past the scripted API, or would give a session a credential of
// the operator.
const ROUTES = [
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'],
  ...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL', 'ANTHROPIC_MODEL'],
  ...['CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_CLIENT_KEY', 'CLAUDE_CODE_USE_BEDROCK'],
  ...['CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY', 'CLAUDE_CODE_USE_MANTLE'],
  ...['AWS_REGION', 'AWS_SECRET_ACCESS_KEY', 'AWS_BEARER_TOKEN_BEDROCK', 'AWS_PROFILE'],
  ...['CLOUD_ML_REGION', 'GOOGLE_APPLICATION_CREDENTIALS', 'GCLOUD_PROJECT', 'VERTEX_REGION_X'],
];

test('a worker with a scripted model gets none of the operator’s credentials, cloud providers or proxies', () => {
  const operator = Object.fromEntries(ROUTES.map((name) => [name, `of the operator: ${name}`]));
  const env = workerEnvironment(withModel({ ...operator, PATH: '/bin', LEASE_MS: '9000' }, model));
  expect(env).toEqual({ ...model.settings, PATH: '/bin', LEASE_MS: '9000', HEALTH_PORT: '0' });
});
