import { expect, test } from 'vitest';
import { buildSetupEnv } from '../../../../apps/worker/src/setup/setup-env.ts';

test('the environment of setup commands has the variables of the config and of any tool, and no credential of the operator', () => {
  const env = buildSetupEnv({
    config: {
      env: { MY_TOKEN: 'mine', LANG: 'de', GIT_CEILING_DIRECTORIES: '/srv/baton/a' },
      settings: { env: { FROM_SETTINGS: 'yes', NUMBER: 1 } },
    },
    baseEnv: {
      PATH: '/bin',
      HOME: '/home/baton',
      LANG: 'en',
      LC_ALL: 'C',
      HTTPS_PROXY: 'http://proxy',
      GIT_CEILING_DIRECTORIES: '/srv/baton',
      ANTHROPIC_API_KEY: 'key',
      ANTHROPIC_BASE_URL: 'https://api',
      CLAUDE_CODE_OAUTH_TOKEN: 'token',
      CLAUDE_CODE_CLIENT_KEY: '/key.pem',
      AWS_SECRET_ACCESS_KEY: 'aws',
      AWS_PROFILE: 'p',
      GOOGLE_APPLICATION_CREDENTIALS: '/g.json',
    },
    sessionId: 'session',
    runId: 'run',
    marker: 'marker',
  });
  expect(env).toEqual({
    PATH: '/bin',
    HOME: '/home/baton',
    LANG: 'de',
    LC_ALL: 'C',
    HTTPS_PROXY: 'http://proxy',
    MY_TOKEN: 'mine',
    FROM_SETTINGS: 'yes',
    GIT_CEILING_DIRECTORIES: '/srv/baton/a:/srv/baton',
    GIT_TERMINAL_PROMPT: '0',
    BATON_SESSION_ID: 'session',
    BATON_RUN_ID: 'run',
    BATON_RUN: 'marker',
  });
});
