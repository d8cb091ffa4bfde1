import { expect, test } from 'vitest';
import { holdsCredential } from '../../../../apps/worker/src/claude/credentials.ts';

test.each([
  [{}, false],
  [{ PATH: '/bin', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1', ANTHROPIC_API_KEY: '' }, false],
  [{ ANTHROPIC_API_KEY: 'k' }, true],
  [{ CLAUDE_CODE_OAUTH_TOKEN: 't' }, true],
  [{ CLAUDE_CODE_USE_BEDROCK: '1' }, true],
  [{ CLAUDE_CODE_USE_ANTHROPIC_AWS: '1' }, true],
  [{ CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD: '1' }, true],
  [{ CLAUDE_CODE_USE_GATEWAY: '1' }, false], // the gateway also needs ANTHROPIC_AUTH_TOKEN
])('the environment %j holds a credential: %s', (env, expected) => {
  expect(holdsCredential(env)).toBe(expected);
});
