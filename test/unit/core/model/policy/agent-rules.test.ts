// The operator's limits on keys of a config hold for agents and plugins, too.
import { checkPolicy, DEFAULT_POLICY, type Governed, type Policy } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

type Helper = NonNullable<NonNullable<Governed['agents']>[string]>;

const withAgent = (helper: Partial<Helper>): Governed => ({
  agents: { helper: { description: 'd', prompt: 'p', ...helper } },
});
const own = (command: string, env?: Record<string, string>): Partial<Helper> => ({
  mcpServers: ['given', { own: env ? { command, env } : { command } }],
});
const hook = { type: 'http', url: 'http://hook.test', headers: { A: '$HOME' } };
const hooks = { Stop: [{ hooks: [hook] }] };
const refused = (code: string, field: string) =>
  expect.objectContaining({ code, details: { field } });

const strict: Policy = {
  ...DEFAULT_POLICY,
  allowedSettings: ['model'],
  allowedMcpCommands: ['/opt/files-server'],
  allowedPluginDirs: ['/srv/plugins'],
};

describe('the policy allows', () => {
  test.each<[string, Governed]>([
    ['an agent that brings nothing', withAgent({})],
    ['a mode that callers may request', withAgent({ permissionMode: 'plan' })],
    ['a program that the operator lists', withAgent(own('/opt/files-server'))],
    [
      'an HTTP server',
      withAgent({ mcpServers: [{ web: { type: 'http', url: 'http://x.test' } }] }),
    ],
    ['a plugin inside an allowed directory', { plugins: ['/srv/plugins', '/srv/plugins/a'] }],
    ['nulls, which clear a parent’s values', { agents: null, plugins: null }],
  ])('%s', (_, config) => {
    expect(() => checkPolicy(config, strict)).not.toThrow();
  });

  test('hooks of an agent by default', () => {
    const harmless = { Stop: [{ hooks: [{ type: 'command', command: 'true' }] }] };
    expect(() => checkPolicy(withAgent({ hooks: harmless }), DEFAULT_POLICY)).not.toThrow();
  });
});

describe('the policy refuses', () => {
  test.each<[string, Governed, string, string]>([
    [
      'an agent that bypasses permissions',
      withAgent({ permissionMode: 'bypassPermissions' }),
      'PERMISSION_MODE_NOT_ALLOWED',
      'agents.helper.permissionMode',
    ],
    [
      'a program that the operator does not list',
      withAgent(own('sh')),
      'OPTION_NOT_ALLOWED',
      'agents.helper.mcpServers.1.own.command',
    ],
    [
      'a variable that loads code into a listed program',
      withAgent(own('/opt/files-server', { NODE_OPTIONS: 'x' })),
      'ENV_NOT_ALLOWED',
      'agents.helper.mcpServers.1.own.env.NODE_OPTIONS',
    ],
    [
      'hooks of an agent, if settings may have none',
      withAgent({ hooks: {} }),
      'OPTION_NOT_ALLOWED',
      'agents.helper.hooks',
    ],
    [
      'a plugin outside the allowed directories',
      { plugins: ['/srv/plugins/a', '/srv/plugins/../other'] },
      'OPTION_NOT_ALLOWED',
      'plugins.1',
    ],
  ])('%s', (_, config, code, field) => {
    expect(() => checkPolicy(config, strict)).toThrow(refused(code, field));
  });

  test('every plugin by default', () => {
    expect(() => checkPolicy({ plugins: ['/srv/plugins/a'] }, DEFAULT_POLICY)).toThrow(
      refused('OPTION_NOT_ALLOWED', 'plugins.0'),
    );
  });

  test('a header of an agent’s http hook that the CLI would expand', () => {
    const field = 'agents.helper.hooks.Stop.0.hooks.0.headers.A';
    expect(() => checkPolicy(withAgent({ hooks }), DEFAULT_POLICY)).toThrow(
      refused('OPTION_NOT_ALLOWED', field),
    );
  });

  test.each<[string, Partial<Helper>, string]>([
    ['permission_mode', { permissionMode: 'plan' }, 'permissionMode'],
    ['settings', { hooks: {} }, 'hooks'],
    ['model', { model: 'opus' }, 'model'],
    ['effort', { effort: 'max' }, 'effort'],
    ['max_turns', { maxTurns: 3 }, 'maxTurns'],
    ['mcp_config', own('anything'), 'mcpServers.1.own'],
  ])(
    'the part of an agent that does the same as the forbidden option %s',
    (option, helper, key) => {
      const policy = { ...DEFAULT_POLICY, forbiddenOptions: [option] };
      expect(() => checkPolicy(withAgent(helper), policy)).toThrow(
        refused('OPTION_NOT_ALLOWED', `agents.helper.${key}`),
      );
    },
  );

  test('agents as a whole, if they are a forbidden option', () => {
    const policy = { ...DEFAULT_POLICY, forbiddenOptions: ['agents'] };
    expect(() => checkPolicy(withAgent({}), policy)).toThrow(
      refused('OPTION_NOT_ALLOWED', 'agents'),
    );
  });
});
