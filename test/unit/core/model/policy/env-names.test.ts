import { forbiddenEnvName } from '@baton/core/internal';
import { expect, test } from 'vitest';

test.each<[string, string | null]>([
  ['ANTHROPIC_API_KEY', 'ANTHROPIC_API_KEY'],
  ['ANTHROPIC_BASE_URL', 'ANTHROPIC_BASE_URL'],
  ['CLAUDECODE', 'CLAUDECODE'],
  ['CLAUDE_CONFIG_DIR', 'CLAUDE_CONFIG_DIR'],
  ['BATON_RUN', 'BATON_RUN'],
  ['LD_PRELOAD', 'LD_PRELOAD'],
  ['NODE_OPTIONS', 'NODE_OPTIONS'],
  ['BUN_OPTIONS', 'BUN_OPTIONS'],
  ['BUN_INSPECT', 'BUN_INSPECT'],
  ['DYLD_INSERT_LIBRARIES', 'DYLD_INSERT_LIBRARIES'],
  ['BASH_ENV', 'BASH_ENV'],
  ['PATH', 'PATH'],
  ['HOME', 'HOME'],
  ['IS_SANDBOX', 'IS_SANDBOX'],
  ['HTTPS_PROXY', 'HTTPS_PROXY'],
  ['all_proxy', 'all_proxy'],
  ['NODE_EXTRA_CA_CERTS', 'NODE_EXTRA_CA_CERTS'],
  ['NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_TLS_REJECT_UNAUTHORIZED'],
  ['SSL_CERT_FILE', 'SSL_CERT_FILE'],
  ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME'],
  ['AWS_CA_BUNDLE', 'AWS_CA_BUNDLE'],
  ['AZURE_AUTHORITY_HOST', 'AZURE_AUTHORITY_HOST'],
  ['IDENTITY_ENDPOINT', 'IDENTITY_ENDPOINT'],
  ['AZURE_CLIENT_SECRET', null],
  ['MY_ANTHROPIC_KEY', null],
  ['MY_HTTP_PROXY', null],
  ['AWS_ACCESS_KEY_ID', null],
  ['PATHS', null],
  ['HOMEPAGE', null],
  ['NODE_OPTIONS_2', null],
  ['LDAP_HOST', null],
  ['BUNDLE_PATH', null],
  ['NODE_PATH', null],
  ['PYTHONPATH', null],
  ['path', null],
  ['GITHUB_TOKEN', null],
])('a config that sets %s has this forbidden name: %s', (name, refused) => {
  expect(forbiddenEnvName({ OK: '1', [name]: 'x' }, [])).toBe(refused);
});

test('a name that the operator allows is accepted, and other names stay forbidden', () => {
  expect(forbiddenEnvName({ PATH: '/bin' }, ['PATH'])).toBeNull();
  expect(forbiddenEnvName({ PATH: '/bin', HOME: '/' }, ['PATH'])).toBe('HOME');
});

test('a config without an environment is accepted', () => {
  expect(forbiddenEnvName(undefined, [])).toBeNull();
});
