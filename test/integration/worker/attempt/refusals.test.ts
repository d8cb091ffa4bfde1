// The worker checks jobs itself, because a job may be added to the queue without the API.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId, type SessionConfig } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Fleet, test } from '../../../support/fleet.ts';

test.beforeAll(async ({ fleet }) => {
  const work = join(fleet.root, 'work');
  await mkdir(join(fleet.root, 'outside'));
  await symlink(join(fleet.root, 'outside'), join(work, 'way-out'));
  await symlink(join(work, 'nowhere'), join(work, 'dangling'));
  await writeFile(join(work, 'a-file'), '');
  await mkdir(join(fleet.root, 'plugins'));
  await symlink(join(fleet.root, 'outside'), join(fleet.root, 'plugins/way-out'));
  await fleet.worker({
    FORBIDDEN_OPTIONS: 'permission_prompt_tool',
    ALLOWED_MCP_COMMANDS: '/opt/files-server',
    ALLOWED_PLUGIN_DIRS: join(fleet.root, 'plugins'),
  });
});

function httpHook(headers: Record<string, string>, allowedEnvVars: string[] = []) {
  return { hooks: [{ type: 'http', url: 'http://hook.test', headers, allowedEnvVars }] };
}

const CONFIGS: [string, (root: string) => Partial<SessionConfig>, string, string][] = [
  [
    'a working directory outside the roots',
    (root) => ({ working_dir: join(root, 'outside') }),
    'WORKING_DIR_NOT_ALLOWED',
    'working_dir',
  ],
  [
    'a working directory that leads out of the roots by a symlink',
    (root) => ({ working_dir: join(root, 'work/way-out') }),
    'WORKING_DIR_NOT_ALLOWED',
    'working_dir',
  ],
  [
    'an additional directory that leads out of the roots by a symlink',
    (root) => ({ additional_directories: [join(root, 'work'), join(root, 'work/way-out')] }),
    'WORKING_DIR_NOT_ALLOWED',
    'additional_directories.1',
  ],
  [
    'a working directory that does not exist',
    (root) => ({ working_dir: join(root, 'work/missing') }),
    'WORKING_DIR_NOT_FOUND',
    'working_dir',
  ],
  [
    'a working directory that is a file',
    (root) => ({ working_dir: join(root, 'work/a-file') }),
    'WORKING_DIR_NOT_FOUND',
    'working_dir',
  ],
  [
    'a working directory that is a dangling symlink',
    (root) => ({ working_dir: join(root, 'work/dangling') }),
    'WORKING_DIR_NOT_FOUND',
    'working_dir',
  ],
  [
    'a variable that would send the worker’s key to another server',
    () => ({ env: { ANTHROPIC_BASE_URL: 'http://caller.test' } }),
    'ENV_NOT_ALLOWED',
    'env.ANTHROPIC_BASE_URL',
  ],
  [
    'a variable in the settings that would load code into every process',
    () => ({ settings: { env: { LD_PRELOAD: '/tmp/caller.so' } } }),
    'ENV_NOT_ALLOWED',
    'settings.env.LD_PRELOAD',
  ],
  [
    'a permission mode that bypasses permissions',
    () => ({ permission_mode: 'bypassPermissions' }),
    'PERMISSION_MODE_NOT_ALLOWED',
    'permission_mode',
  ],
  [
    'a default mode in Claude’s settings that bypasses permissions',
    () => ({ settings: { permissions: { defaultMode: 'bypassPermissions' } } }),
    'PERMISSION_MODE_NOT_ALLOWED',
    'settings.permissions.defaultMode',
  ],
  [
    'a plugin outside the directories of the operator',
    (root) => ({ plugins: [join(root, 'plugins'), join(root, 'outside')] }),
    'OPTION_NOT_ALLOWED',
    'plugins.1',
  ],
  [
    'a plugin that leads out of the directories of the operator by a symlink',
    (root) => ({ plugins: [join(root, 'plugins/way-out')] }),
    'OPTION_NOT_ALLOWED',
    'plugins.0',
  ],
  [
    'a plugin that does not exist on the worker',
    (root) => ({ plugins: [join(root, 'plugins/missing')] }),
    'WORKING_DIR_NOT_FOUND',
    'plugins.0',
  ],
  [
    'an agent with a program that the operator does not list',
    () => ({
      agents: {
        critic: { description: 'd', prompt: 'p', mcpServers: [{ own: { command: 'sh' } }] },
      },
    }),
    'OPTION_NOT_ALLOWED',
    'agents.critic.mcpServers.0.own.command',
  ],
  [
    'a directory in Claude’s settings that leads out of the roots by a symlink',
    (root) => ({
      settings: { permissions: { additionalDirectories: [join(root, 'work/way-out')] } },
    }),
    'WORKING_DIR_NOT_ALLOWED',
    'settings.permissions.additionalDirectories.0',
  ],
  [
    'a variable of the worker in the header of an http hook',
    () => ({
      env: { MINE: 'x' },
      settings: { hooks: { Stop: [httpHook({ A: '$HOME' }, ['MINE', 'HOME'])] } },
    }),
    'OPTION_NOT_ALLOWED',
    'settings.hooks.Stop.0.hooks.0.allowedEnvVars.1',
  ],
  [
    'a header of an http hook that the CLI would expand',
    () => ({ settings: { hooks: { Stop: [httpHook({ A: 'pa$SWORD' })] } } }),
    'OPTION_NOT_ALLOWED',
    'settings.hooks.Stop.0.hooks.0.headers.A',
  ],
  [
    'code that would be loaded into the CLI itself',
    () => ({ env: { BUN_OPTIONS: '--preload=data:text/javascript,0' } }),
    'ENV_NOT_ALLOWED',
    'env.BUN_OPTIONS',
  ],
  [
    'code that would be loaded into an allowed program',
    () => ({
      mcp_config: {
        mcpServers: { own: { command: '/opt/files-server', env: { NODE_OPTIONS: '--import=x' } } },
      },
    }),
    'ENV_NOT_ALLOWED',
    'mcp_config.mcpServers.own.env.NODE_OPTIONS',
  ],
  [
    'a repository’s settings while the operator lists the allowed programs',
    () => ({ setting_sources: ['user', 'project'] }),
    'OPTION_NOT_ALLOWED',
    'setting_sources',
  ],
  [
    'a repository’s MCP servers while the operator lists the allowed programs',
    () => ({ strict_mcp_config: false }),
    'OPTION_NOT_ALLOWED',
    'strict_mcp_config',
  ],
  [
    'an option that the operator forbids',
    () => ({ permission_prompt_tool: 'mcp__own__yes' }),
    'OPTION_NOT_ALLOWED',
    'permission_prompt_tool',
  ],
  [
    'a program that the operator does not list',
    () => ({ mcp_config: { mcpServers: { own: { command: 'sh', args: ['-c', 'id'] } } } }),
    'OPTION_NOT_ALLOWED',
    'mcp_config.mcpServers.own.command',
  ],
];

async function refused(fleet: Fleet, id: string, code: string, field: string): Promise<void> {
  const session = await fleet.ended(id);
  expect(session).toMatchObject({ status: 'failed', failure: { code, field } });
  expect(session.error).toBe(session.failure?.message);
  expect(await fleet.events(id)).toEqual([]);
}

describe('a worker fails a session and names the field if the session has', () => {
  test.concurrent.for(CONFIGS)('%s', async ([, config, code, field], { fleet }) => {
    const id = await fleet.launch({ query: 'hi', ...config(fleet.root) });
    await refused(fleet, id, code, field);
  });

  test('a parent that does not exist', async ({ fleet }) => {
    const id = await fleet.continue(newId(), { query: 'go on' });
    await refused(fleet, id, 'PARENT_NOT_FOUND', 'parent_session_id');
  });

  test('a parent that has not ended', async ({ fleet }) => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const parent = await fleet.launch({ query: 'hi' }, { not_before: later });
    const id = await fleet.continue(parent, { query: 'go on' });
    await refused(fleet, id, 'SESSION_NOT_TERMINAL', 'parent_session_id');
  });

  test('a parent that left no transcript', async ({ fleet }) => {
    const parent = await fleet.launch({ query: 'hi', env: { PATH: '/caller' } });
    await fleet.ended(parent);
    const id = await fleet.continue(parent, { query: 'go on', env: null });
    await refused(fleet, id, 'PARENT_NOT_RESUMABLE', 'parent_session_id');
  });
});
