import { expect, test } from 'vitest';
import { operatorSecrets } from '../../../apps/worker/src/claude/operator-secrets.ts';

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
])('of the operator’s environment is hidden: %s', (_, env, secrets) => {
  expect(operatorSecrets(env)).toEqual(secrets);
});
