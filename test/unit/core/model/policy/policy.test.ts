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

describe('the policy allows', () => {
  test.each<[string, Governed]>([
    ['a request that asks for nothing', {}],
    ["nulls, which clear a parent's values", { working_dir: null, env: null, settings: null }],
    ['a directory inside a root', { working_dir: '/srv/work/a' }],
    ['a workspace inside a root', { workspace: { type: 'path', path: '/srv/work/a' } }],
    ['a managed workspace', { workspace: { type: 'managed' } }],
    ['a harmless variable', { env: { TOKEN: 'x' } }],
    ['a variable that the operator allows', { env: { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '1' } }],
    ['settings without an env', { settings: { model: 'opus' } }],
    ['settings whose env is not an object', { settings: { env: 'PATH' } }],
    ['a permission mode with fewer permissions', { permission_mode: 'plan' }],
    ['the default permission mode, named in settings', inSettings({ defaultMode: 'default' })],
    ['a directory inside a root in settings', inSettings({ additionalDirectories: ['/srv/work'] })],
    ['any program and any setting by default', { ...server('anything'), settings: { hooks: {} } }],
  ])('%s', (_, asked) => {
    expect(() => checkPolicy(asked, policy)).not.toThrow();
  });
});

describe('the policy refuses', () => {
  test.each<[string, Governed, string, string]>([
    [
      'a directory outside the roots',
      { working_dir: '/etc' },
      'WORKING_DIR_NOT_ALLOWED',
      'working_dir',
    ],
    [
      'a workspace outside the roots',
      { workspace: { type: 'path', path: '/etc' } },
      'WORKING_DIR_NOT_ALLOWED',
      'workspace.path',
    ],
    [
      'an additional directory outside the roots',
      { additional_directories: ['/srv/work', '/etc'] },
      'WORKING_DIR_NOT_ALLOWED',
      'additional_directories.1',
    ],
    [
      'a variable that redirects the API',
      { env: { ANTHROPIC_BASE_URL: 'x' } },
      'ENV_NOT_ALLOWED',
      'env.ANTHROPIC_BASE_URL',
    ],
    [
      'a variable whose name only resembles an allowed one',
      { env: { CLAUDE_CODE_X: 'x' } },
      'ENV_NOT_ALLOWED',
      'env.CLAUDE_CODE_X',
    ],
    [
      'a variable that redirects the API, set in settings',
      { settings: { env: { ANTHROPIC_BASE_URL: 'x' } } },
      'ENV_NOT_ALLOWED',
      'settings.env.ANTHROPIC_BASE_URL',
    ],
    [
      'the mode bypassPermissions',
      { permission_mode: 'bypassPermissions' },
      'PERMISSION_MODE_NOT_ALLOWED',
      'permission_mode',
    ],
    [
      'the mode bypassPermissions, set in settings',
      inSettings({ defaultMode: 'bypassPermissions' }),
      'PERMISSION_MODE_NOT_ALLOWED',
      'settings.permissions.defaultMode',
    ],
    [
      'a mode that is not a string',
      inSettings({ defaultMode: ['plan'] }),
      'PERMISSION_MODE_NOT_ALLOWED',
      'settings.permissions.defaultMode',
    ],
    [
      'a variable that lets root bypass permissions',
      { env: { IS_SANDBOX: '1' } },
      'ENV_NOT_ALLOWED',
      'env.IS_SANDBOX',
    ],
    [
      'a directory outside the roots, set in settings',
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
      'forbid a permission mode',
      { permission_mode: 'plan' },
      'PERMISSION_MODE_NOT_ALLOWED',
      'permission_mode',
    ],
    [
      'restrict the settings to a list',
      { settings: { hooks: {} } },
      'OPTION_NOT_ALLOWED',
      'settings.hooks',
    ],
    [
      'restrict the programs of MCP servers to a list',
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

  test('forbid working_dir, and with it the same directory as a workspace', () => {
    const forbidding = { ...policy, forbiddenOptions: ['working_dir'] };
    const path: Governed = { workspace: { type: 'path', path: '/srv/work' } };
    expect(() => checkPolicy(path, forbidding)).toThrow(
      expect.objectContaining({
        code: 'OPTION_NOT_ALLOWED',
        details: { field: 'workspace.path' },
      }),
    );
    expect(() => checkPolicy({ workspace: { type: 'managed' } }, forbidding)).not.toThrow();
  });

  test('allow listed values, even bypassPermissions, and the removal of a forbidden option', () => {
    const asked: Governed = {
      ...server('/opt/files-server'),
      settings: { model: 'opus' },
      permission_mode: 'bypassPermissions',
      env: null,
    };
    expect(() => checkPolicy(asked, strict)).not.toThrow();
  });

  test.each<[string, Governed, string]>([
    [
      'in the env of the server',
      named('NODE_OPTIONS'),
      'mcp_config.mcpServers.own.env.NODE_OPTIONS',
    ],
    [
      'of Python in the env of the server',
      named('PYTHONPATH'),
      'mcp_config.mcpServers.own.env.PYTHONPATH',
    ],
    ['in the env of the config', { env: { NODE_PATH: '/x' } }, 'env.NODE_PATH'],
    ['in settings.env', { settings: { env: { PERL5OPT: 'x' } } }, 'settings.env.PERL5OPT'],
  ])('protect a listed program from a loader variable %s', (_, asked, field) => {
    const listed = { ...policy, allowedMcpCommands: ['/opt/files-server'] };
    expect(() => checkPolicy(asked, listed)).toThrow(
      expect.objectContaining({ code: 'ENV_NOT_ALLOWED', details: { field } }),
    );
    const allowedEnv = [field.split('.').at(-1) ?? ''];
    expect(() => checkPolicy(asked, { ...listed, allowedEnv })).not.toThrow();
    expect(() => checkPolicy(asked, policy)).not.toThrow();
  });

  test('forbid all programs and still allow MCP servers at a URL', () => {
    const mcpServers = { own: { type: 'http', url: 'https://mcp.example.test' } } as const;
    const none = { ...strict, allowedMcpCommands: [] };
    expect(() => checkPolicy({ mcp_config: { mcpServers } }, none)).not.toThrow();
  });
});
