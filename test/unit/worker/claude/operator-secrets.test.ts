import { expect, test } from 'vitest';
import { operatorSecrets } from '../../../../apps/worker/src/claude/operator-secrets.ts';

test.each<[string, Record<string, string>, string[]]>([
  ['a key', { ANTHROPIC_API_KEY: 'k' }, ['k']],
  ['a secret of Azure', { AZURE_CLIENT_SECRET: 's', IDENTITY_HEADER: 'h' }, ['s', 'h']],
  ['a passphrase', { CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: 'p' }, ['p']],
  [
    'nothing for variables that are not secret',
    { PATH: '/bin:/usr/bin', LANG: 'C.UTF-8', HTTPS_PROXY: 'http://h:1' },
    [],
  ],
  [
    'each value of custom headers and each word of a value',
    { ANTHROPIC_CUSTOM_HEADERS: 'X-Auth: Bearer abc:d\nX-Team: blue' },
    ['Bearer abc:d', 'Bearer', 'abc:d', 'blue'],
  ],
  [
    'credentials of a proxy, raw and decoded',
    { HTTPS_PROXY: 'http://me:p%40ss@proxy:3128/' },
    ['me:p%40ss', 'me:p@ss', 'me', 'p%40ss', 'p@ss'],
  ],
  ['credentials of a proxy address without a scheme', { all_proxy: 'me@proxy' }, ['me']],
  [
    'credentials with a percent sign that encodes nothing',
    { http_proxy: 'http://100%@proxy' },
    ['100%'],
  ],
  [
    'credentials of a store’s URL',
    { MONGODB_URL: 'mongodb://u:hush@a:1,b:2/baton?x=1' },
    ['u:hush', 'u', 'hush'],
  ],
  [
    'a password in the query of a URL',
    { REDIS_URL: 'redis://h?db=1&password=p%40ss' },
    ['p%40ss', 'p@ss'],
  ],
  ['nothing for an e-mail address', { GIT_AUTHOR_EMAIL: 'somebody@example.com' }, []],
  [
    'nothing for numbers and paths that are named like secrets',
    {
      MAX_THINKING_TOKENS: '10000000',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/run/token',
      SECRETS_PUBLIC_KEYS: 'public.jwks',
      CLAUDE_CODE_CLIENT_KEY: '/etc/key.pem',
      AZURE_TOKEN_CREDENTIALS: 'prod',
      AZURE_FEDERATED_TOKEN_FILE: '/run/token',
    },
    [],
  ],
  ['a key without the white space around it', { ANTHROPIC_API_KEY: ' key\n' }, ['key']],
  [
    'a key of several lines, and each line except its head and foot',
    { SIGNING_KEY: '-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----\n' },
    ['-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----', 'abc', 'def'],
  ],
])('the secrets of the operator’s environment include %s', (_, env, secrets) => {
  expect(operatorSecrets(env)).toEqual(secrets);
});
