import { checkPolicy, DEFAULT_POLICY, type Governed, type Policy } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

const policy: Policy = {
  ...DEFAULT_POLICY,
  allowedRoots: ['/srv/work'],
  allowedEnv: ['CLAUDE_CODE_MAX_OUTPUT_TOKENS'],
};
const server = (command: string) => ({ mcp_config: { mcpServers: { own: { command } } } });

function named(name: string): Governed {
  const own = { command: '/opt/files-server', env: { [name]: 'x', TOKEN: 'x' } };
  return { mcp_config: { mcpServers: { own } } };
}

function inSettings(permissions: Record<string, string | string[]>): Governed {
  return { settings: { permissions } };
}

describe('the policy lets pass', () => {
  test.each<[string, Governed]>([
    ['a request that asks for nothing', {}],
    ['nulls, which clear what a parent had', { working_dir: null, env: null, settings: null }],
    ['a directory inside a root', { working_dir: '/srv/work/a' }],
    ['a harmless name', { env: { TOKEN: 'x' } }],
    ['a name that the operator allows', { env: { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '1' } }],
    ['settings without an env', { settings: { model: 'opus' } }],
    ['settings whose env is no map', { settings: { env: 'PATH' } }],
    ['a mode that asks for less', { permission_mode: 'plan' }],
    ['the default mode by its name in settings', inSettings({ defaultMode: 'default' })],
    ['a directory inside a root in settings', inSettings({ additionalDirectories: ['/srv/work'] })],
    ['any program, any setting', { ...server('anything'), settings: { hooks: {} } }],
  ])('%s', (_, asked) => {
    expect(() => checkPolicy(asked, policy)).not.toThrow();
  });
});

describe('the policy refuses', () => {
  test.each<[string, Governed, string, string]>([
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
    [
      'to bypass permissions',
      { permission_mode: 'bypassPermissions' },
      'PERMISSION_MODE_NOT_ALLOWED',
      'permission_mode',
    ],
    [
      'the same by way of settings',
      inSettings({ defaultMode: 'bypassPermissions' }),
      'PERMISSION_MODE_NOT_ALLOWED',
      'settings.permissions.defaultMode',
    ],
    [
      'a mode that is no name',
      inSettings({ defaultMode: ['plan'] }),
      'PERMISSION_MODE_NOT_ALLOWED',
      'settings.permissions.defaultMode',
    ],
    [
      'what lets root bypass permissions',
      { env: { IS_SANDBOX: '1' } },
      'ENV_NOT_ALLOWED',
      'env.IS_SANDBOX',
    ],
    [
      'a directory elsewhere by way of settings',
      inSettings({ additionalDirectories: ['/srv/work', 'up/..'] }),
      'WORKING_DIR_NOT_ALLOWED',
      'settings.permissions.additionalDirectories.1',
    ],
  ])('%s', (_, asked, code, field) => {
    expect(() => checkPolicy(asked, policy)).toThrow(
      expect.objectContaining({ code, details: { field } }),
    );
  });
});

const strict: Policy = {
  ...policy,
  allowedPermissionModes: ['bypassPermissions'],
  forbiddenOptions: ['permission_prompt_tool', 'env'],
  allowedSettings: ['model'],
  allowedMcpCommands: ['/opt/files-server'],
};

describe('an operator may', () => {
  test.each<[string, Governed, string, string]>([
    [
      'forbid an option',
      { permission_prompt_tool: 'mcp__a__b' },
      'OPTION_NOT_ALLOWED',
      'permission_prompt_tool',
    ],
    [
      'forbid a mode',
      { permission_mode: 'plan' },
      'PERMISSION_MODE_NOT_ALLOWED',
      'permission_mode',
    ],
    ['list the settings', { settings: { hooks: {} } }, 'OPTION_NOT_ALLOWED', 'settings.hooks'],
    [
      'list the programs',
      server('/opt/other'),
      'OPTION_NOT_ALLOWED',
      'mcp_config.mcpServers.own.command',
    ],
    [
      'let no program be started',
      server('/opt/files-server'),
      'OPTION_NOT_ALLOWED',
      'mcp_config.mcpServers.own.command',
    ],
  ])('%s', (what, asked, code, field) => {
    const allowedMcpCommands = what.startsWith('let no') ? [] : strict.allowedMcpCommands;
    expect(() => checkPolicy(asked, { ...strict, allowedMcpCommands })).toThrow(
      expect.objectContaining({ code, details: { field } }),
    );
  });

  test('allow what is listed, bypassPermissions too, and a forbidden option to be cleared', () => {
    const asked: Governed = {
      ...server('/opt/files-server'),
      settings: { model: 'opus' },
      permission_mode: 'bypassPermissions',
      env: null,
    };
    expect(() => checkPolicy(asked, strict)).not.toThrow();
  });

  test.each<[string, Governed, string]>([
    ['of a listed program', named('NODE_OPTIONS'), 'mcp_config.mcpServers.own.env.NODE_OPTIONS'],
    ['of its language', named('PYTHONPATH'), 'mcp_config.mcpServers.own.env.PYTHONPATH'],
    ['that it inherits', { env: { NODE_PATH: '/x' } }, 'env.NODE_PATH'],
    ['from settings', { settings: { env: { PERL5OPT: 'x' } } }, 'settings.env.PERL5OPT'],
  ])('keep a listed program what it is: no loader %s', (_, asked, field) => {
    const listed = { ...policy, allowedMcpCommands: ['/opt/files-server'] };
    expect(() => checkPolicy(asked, listed)).toThrow(
      expect.objectContaining({ code: 'ENV_NOT_ALLOWED', details: { field } }),
    );
    const allowedEnv = [field.split('.').at(-1) ?? ''];
    expect(() => checkPolicy(asked, { ...listed, allowedEnv })).not.toThrow();
    expect(() => checkPolicy(asked, policy)).not.toThrow();
  });

  test('forbid programs and yet allow servers at an address', () => {
    const mcpServers = { own: { type: 'http', url: 'https://mcp.example.test' } } as const;
    const none = { ...strict, allowedMcpCommands: [] };
    expect(() => checkPolicy({ mcp_config: { mcpServers } }, none)).not.toThrow();
  });
});
