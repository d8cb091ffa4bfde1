import { delimiter } from 'node:path';
import {
  DEFAULT_POLICY,
  defaultWorkRoot,
  parseEnv,
  policyOf,
  sharedSettings,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const schema = z.object(sharedSettings);
const HOME = '/home/ann';
const required = { REDIS_URL: 'redis://localhost', MONGODB_URL: 'mongodb://localhost' };

describe('the shared settings', () => {
  test('require only the addresses of the stores', () => {
    expect(parseEnv(schema, { ...required, HOME })).toEqual({
      ...required,
      QUEUE_PREFIX: 'baton',
      WORK_ROOT: defaultWorkRoot({ HOME }),
      ALLOWED_ENV: [],
      ALLOWED_PERMISSION_MODES: ['acceptEdits', 'auto', 'dontAsk', 'manual', 'plan'],
      FORBIDDEN_OPTIONS: [],
      ALLOWED_SETTINGS: ['*'],
      ALLOWED_MCP_COMMANDS: ['*'],
      ALLOWED_PLUGIN_DIRS: [],
      ALLOWED_PUSH_BRANCHES: ['baton/*'],
      ALLOWED_GIT_URLS: ['*'],
      GIT_ALLOWED_ADDRESSES: [],
      WEBHOOK_ALLOWED_ADDRESSES: [],
      FILE_UNUSED_HOURS: 24,
      LOG_LEVEL: 'info',
    });
    expect(() => parseEnv(schema, {})).toThrow(/REDIS_URL[\s\S]*MONGODB_URL/);
  });

  test.each([
    ['REDIS_URL', 'rediss://user:pass@host:6380/1'],
    ['REDIS_URL', 'redis://[::1]:6379/'],
    ['REDIS_URL', 'redis://localhost?db=1'],
    ['MONGODB_URL', 'mongodb+srv://cluster.example/baton'],
    ['MONGODB_URL', 'mongodb://a:27017,b:27017/baton?replicaSet=rs'],
  ])('accept %s=%s', (name, value) => {
    expect(parseEnv(schema, { ...required, [name]: value })).toMatchObject({ [name]: value });
  });

  test.each([
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'mongodb://localhost'],
    ['REDIS_URL', 'redis:///0'],
    ['REDIS_URL', 'redis://localhost/baton'],
    ['REDIS_URL', 'redis://localhost/0/1'],
    ['MONGODB_URL', 'mongodb://localhost:27017,'],
    ['MONGODB_URL', 'mongodb://user:pass@/baton'],
    ['MONGODB_URL', 'http://localhost'],
    ['LOG_LEVEL', 'loud'],
    ['ALLOWED_PERMISSION_MODES', 'plan,everything'],
    ['FORBIDDEN_OPTIONS', 'settings,query'],
    ['SETTING_SOURCES', 'project,managed'],
    ['SETTING_SOURCES', 'none,user'],
    ['SETTING_SOURCES', '*'],
    ['ALLOWED_SETTING_SOURCES', '*,user'],
    ['STRICT_MCP_CONFIG', 'true'],
    ['ALLOWED_PLUGIN_DIRS', 'plugins'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => parseEnv(schema, { ...required, [name]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });

  test.each([
    ['WORK_ROOT', 'work'],
    ['WORK_ROOT', './work'],
    ['WORK_ROOT', '~/work'],
    ['ALLOWED_ROOTS', ['/srv/a', 'b'].join(delimiter)],
  ])('refuse %s=%s, because it is not an absolute path', (name, value) => {
    expect(() => parseEnv(schema, { ...required, [name]: value })).toThrow(
      `${name}: expected an absolute path, got a relative one`,
    );
  });

  test('have a description for every variable', () => {
    for (const [name, variable] of Object.entries(sharedSettings)) {
      expect(variable.description, name).toBeTruthy();
    }
  });
});

describe('the policy from the settings', () => {
  test('allows only the work root by default', () => {
    expect(policyOf(parseEnv(schema, { ...required, WORK_ROOT: '/srv/work' }))).toEqual({
      ...DEFAULT_POLICY,
      allowedRoots: ['/srv/work'],
    });
  });

  test('allows the listed roots and variable names', () => {
    const settings = parseEnv(schema, {
      ...required,
      ALLOWED_ROOTS: ['/srv/a', '/srv//b/'].join(delimiter),
      ALLOWED_ENV: 'PATH, CLAUDE_CODE_X,',
    });
    expect(policyOf(settings)).toEqual({
      ...DEFAULT_POLICY,
      allowedRoots: ['/srv/a', '/srv/b'],
      allowedEnv: ['PATH', 'CLAUDE_CODE_X'],
    });
  });

  test('allows only the listed repositories', () => {
    const patterns = ['https://github.com/acme/*', 'ssh://git@host/*'];
    const settings = parseEnv(schema, { ...required, ALLOWED_GIT_URLS: patterns.join(', ') });
    expect(policyOf(settings)).toMatchObject({ gitUrls: patterns });
    const none = parseEnv(schema, { ...required, ALLOWED_GIT_URLS: 'none' });
    expect(policyOf(none)).toMatchObject({ gitUrls: [] });
    for (const wrong of ['github.com/acme', 'http://host/*', 'https://host', 'ext::sh']) {
      expect(() => parseEnv(schema, { ...required, ALLOWED_GIT_URLS: wrong })).toThrow(
        /ALLOWED_GIT_URLS: expected patterns/,
      );
    }
  });

  test('allows only the listed modes, settings, programs and directories of plugins', () => {
    const settings = parseEnv(schema, {
      ...required,
      ALLOWED_PERMISSION_MODES: 'plan, bypassPermissions',
      FORBIDDEN_OPTIONS: 'permission_prompt_tool',
      ALLOWED_SETTINGS: 'model,permissions',
      ALLOWED_MCP_COMMANDS: 'none',
      ALLOWED_PLUGIN_DIRS: ['/srv/a', '/srv//b/'].join(delimiter),
    });
    expect(policyOf(settings)).toMatchObject({
      allowedPluginDirs: ['/srv/a', '/srv/b'],
      allowedPermissionModes: ['plan', 'bypassPermissions'],
      forbiddenOptions: ['permission_prompt_tool'],
      allowedSettings: ['model', 'permissions'],
      allowedMcpCommands: [],
    });
  });

  const ALL = ['user', 'project', 'local'];
  const OPEN = { byDefault: ALL, allowed: ALL };
  const CLOSED = { byDefault: [], allowed: [] };
  const lax = { byDefault: false, isLocked: false };
  const locked = { byDefault: true, isLocked: true };

  test.each<[Record<string, string>, object, object]>([
    [{}, OPEN, lax],
    [{ ALLOWED_SETTINGS: '*', ALLOWED_MCP_COMMANDS: '*' }, OPEN, lax],
    [{ ALLOWED_SETTINGS: 'none' }, CLOSED, locked],
    [{ ALLOWED_SETTINGS: 'model' }, CLOSED, locked],
    [{ ALLOWED_MCP_COMMANDS: '/opt/server' }, CLOSED, locked],
    [{ SETTING_SOURCES: 'none' }, CLOSED, lax],
    [{ SETTING_SOURCES: 'user' }, { byDefault: ['user'], allowed: ['user'] }, lax],
    [
      { SETTING_SOURCES: 'none', ALLOWED_SETTING_SOURCES: 'project' },
      { byDefault: [], allowed: ['project'] },
      lax,
    ],
    [
      { SETTING_SOURCES: 'none', ALLOWED_SETTING_SOURCES: '*' },
      { byDefault: [], allowed: ALL },
      lax,
    ],
    [{ ALLOWED_SETTING_SOURCES: 'user' }, { byDefault: ['user'], allowed: ['user'] }, lax],
    [
      { SETTING_SOURCES: 'user,project', ALLOWED_SETTING_SOURCES: 'user' },
      { byDefault: ['user'], allowed: ['user'] },
      lax,
    ],
    [{ STRICT_MCP_CONFIG: 'on' }, OPEN, locked],
    [{ STRICT_MCP_CONFIG: 'unless-asked' }, OPEN, { byDefault: true, isLocked: false }],
    [
      { ALLOWED_SETTINGS: 'none', SETTING_SOURCES: 'project', STRICT_MCP_CONFIG: 'off' },
      { byDefault: ['project'], allowed: ['project'] },
      lax,
    ],
    [
      { ALLOWED_SETTINGS: 'none', ALLOWED_SETTING_SOURCES: '*' },
      { byDefault: [], allowed: ALL },
      locked,
    ],
  ])(
    'with %j decides which setting sources and MCP files are used',
    (variables, settingSources, strictMcpConfig) => {
      const policy = policyOf(parseEnv(schema, { ...required, ...variables }));
      expect(policy).toMatchObject({ settingSources, strictMcpConfig });
    },
  );
});
