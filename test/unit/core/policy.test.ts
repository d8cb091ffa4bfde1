import { checkPolicy } from '@baton/core';
import { describe, expect, test } from 'vitest';

const policy = { allowedRoots: ['/srv/work'], allowedEnv: ['CLAUDE_CODE_MAX_OUTPUT_TOKENS'] };

describe('the policy lets pass', () => {
  test.each([
    ['a request that asks for nothing', {}],
    ['nulls, which clear what a parent had', { working_dir: null, env: null, settings: null }],
    ['a directory inside a root', { working_dir: '/srv/work/a' }],
    ['a harmless name', { env: { TOKEN: 'x' } }],
    ['a name that the operator allows', { env: { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '1' } }],
    ['settings without an env', { settings: { model: 'opus' } }],
    ['settings whose env is no map', { settings: { env: 'PATH' } }],
  ])('%s', (_, asked) => {
    expect(() => checkPolicy(asked, policy)).not.toThrow();
  });
});

describe('the policy refuses', () => {
  test.each([
    ['a directory elsewhere', { working_dir: '/etc' }, 'WORKING_DIR_NOT_ALLOWED', 'working_dir'],
    [
      'an additional directory elsewhere',
      { additional_directories: ['/srv/work', '/etc'] },
      'WORKING_DIR_NOT_ALLOWED',
      'additional_directories.1',
    ],
    [
      'the way to the API',
      { env: { ANTHROPIC_BASE_URL: 'x' } },
      'ENV_NOT_ALLOWED',
      'env.ANTHROPIC_BASE_URL',
    ],
    [
      'a name like an allowed one',
      { env: { CLAUDE_CODE_X: 'x' } },
      'ENV_NOT_ALLOWED',
      'env.CLAUDE_CODE_X',
    ],
    [
      'the same by way of settings',
      { settings: { env: { ANTHROPIC_BASE_URL: 'x' } } },
      'ENV_NOT_ALLOWED',
      'settings.env.ANTHROPIC_BASE_URL',
    ],
  ])('%s', (_, asked, code, field) => {
    expect(() => checkPolicy(asked, policy)).toThrow(
      expect.objectContaining({ code, details: { field } }),
    );
  });
});
