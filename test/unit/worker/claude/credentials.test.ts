import { expect, test } from 'vitest';
import { holdsCredential } from '../../../../apps/worker/src/claude/credentials.ts';

test.each([
  [{}, false],
  [{ PATH: '/bin', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1', ANTHROPIC_API_KEY: '' }, false],
  [{ ANTHROPIC_API_KEY: 'k' }, true],
  [{ CLAUDE_CODE_OAUTH_TOKEN: 't' }, true],
  [{ CLAUDE_CODE_USE_BEDROCK: '1' }, true],
])('the environment %j holds a credential: %s', (env, expected) => {
  expect(holdsCredential(env)).toBe(expected);
});
