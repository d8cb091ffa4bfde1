import { expect, test } from 'vitest';
import { operatorSecrets } from '../../../../apps/worker/src/claude/operator-secrets.ts';

test.each<[string, Record<string, string>, string[]]>([
  ['a key', { ANTHROPIC_API_KEY: 'k' }, ['k']],
  ['a passphrase', { CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: 'p' }, ['p']],
  ['what is no secret', { PATH: '/bin:/usr/bin', LANG: 'C.UTF-8', HTTPS_PROXY: 'http://h:1' }, []],
  [
    'custom headers, each value and each word of it',
    { ANTHROPIC_CUSTOM_HEADERS: 'X-Auth: Bearer abc:d\nX-Team: blue' },
    ['Bearer abc:d', 'Bearer', 'abc:d', 'blue'],
  ],
  [
    'credentials of a proxy, as they stand and decoded',
    { HTTPS_PROXY: 'http://me:p%40ss@proxy:3128/' },
    ['me:p%40ss', 'me:p@ss', 'me', 'p%40ss', 'p@ss'],
  ],
  ['those of an address without a scheme', { all_proxy: 'me@proxy' }, ['me']],
  ['a lone percent sign', { http_proxy: 'http://100%@proxy' }, ['100%']],
  [
    'those of the stores',
    { MONGODB_URL: 'mongodb://u:hush@a:1,b:2/baton?x=1' },
    ['u:hush', 'u', 'hush'],
  ],
  ['a query value', { REDIS_URL: 'redis://h?db=1&password=p%40ss' }, ['p%40ss', 'p@ss']],
  ['no e-mail address', { GIT_AUTHOR_EMAIL: 'somebody@example.com' }, []],
  [
    'no numbers and no paths that are named like secrets',
    {
      MAX_THINKING_TOKENS: '10000000',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/run/token',
      SECRETS_PUBLIC_KEYS: 'public.jwks',
      CLAUDE_CODE_CLIENT_KEY: '/etc/key.pem',
    },
    [],
  ],
  ['a key without the blanks around it', { ANTHROPIC_API_KEY: ' key\n' }, ['key']],
  [
    'a key of several lines, each but its head and foot',
    { SIGNING_KEY: '-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----\n' },
    ['-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----', 'abc', 'def'],
  ],
])('of the operator’s environment is hidden: %s', (_, env, secrets) => {
  expect(operatorSecrets(env)).toEqual(secrets);
});
