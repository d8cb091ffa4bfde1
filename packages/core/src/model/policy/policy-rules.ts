import type { RepositoryConfig } from '../config/repository-config.ts';
import { listOf, recordOf } from '../schema/json-parts.ts';
import { checkAgents } from './agent-rules.ts';
import { agentsOf, serversOf } from './config-parts.ts';
import { forbiddenEnvName, loaderName } from './env-names.ts';
import { configurationAt } from './file-paths.ts';
import { hookRefusals } from './hook-headers.ts';
import {
  type Allowed,
  FORBIDDABLE_WORKSPACE_KEYS,
  type Governed,
  type Policy,
  type Refusal,
} from './policy.ts';
import { isPushAllowed } from './push-branches.ts';
import { findRepositoryRefusal } from './repository-url.ts';
import { isInsideRoots } from './working-dir.ts';

/** One rule of the policy: returns the parts of a config that the rule refuses. */
export type PolicyRule = (config: Governed, policy: Policy) => Refusal[];

/** Rules that check each key by itself, in the order in which their refusals are reported. */
export const POLICY_RULES: readonly PolicyRule[] = [
  checkForbiddenOptions,
  checkAgents,
  checkDirectories,
  checkPlugins,
  checkRepository,
  checkEnv,
  checkModes,
  checkSettings,
  checkMcpCommands,
  checkMcpEnv,
  checkSources,
  checkStrictness,
  checkFilePaths,
  checkPush,
];

/** Rules that compare keys. They need the whole config, so they cannot check the overrides of a continue. */
export const WHOLE_CONFIG_RULES: readonly PolicyRule[] = [hookRefusals];

/** Returns the directories that a request names, also in Claude's own settings, with the field of each directory. */
export function directoriesOf(config: Governed): { field: string; path: unknown }[] {
  const { working_dir, workspace, additional_directories } = config;
  return [
    ...(working_dir ? [{ field: 'working_dir', path: working_dir }] : []),
    ...(workspace?.type === 'path' ? [{ field: 'workspace.path', path: workspace.path }] : []),
    ...listed('additional_directories', additional_directories),
    ...listed(
      'settings.permissions.additionalDirectories',
      permissionsOf(config)['additionalDirectories'],
    ),
  ];
}

function checkForbiddenOptions(config: Governed, { forbiddenOptions }: Policy): Refusal[] {
  // A workspace of the type `path` is another way to write `working_dir`.
  const asked = Object.entries(config).filter(([, value]) => isAsked(value));
  const paths = config.workspace?.type === 'path' ? ['workspace.path'] : [];
  const fields = [
    ...asked.map(([key]) => key).filter((key) => forbiddenOptions.includes(key)),
    ...(forbiddenOptions.includes('working_dir') ? paths : []),
    ...workspaceKeys(config).filter((key) => forbiddenOptions.includes(key)),
  ];
  return fields.map((field) => ({
    code: 'OPTION_NOT_ALLOWED',
    field,
    message: 'the operator does not allow this option; leave it out',
  }));
}

function checkDirectories(config: Governed, { allowedRoots }: Policy): Refusal[] {
  return directoriesOf(config)
    .filter(({ path }) => typeof path !== 'string' || !isInsideRoots(path, allowedRoots))
    .map(({ field, path }) => ({
      code: 'WORKING_DIR_NOT_ALLOWED',
      field,
      message: `expected a directory inside an allowed root${typeof path === 'string' ? `, got ${path}` : ''}`,
    }));
}

/** Returns the directories of `plugins`, with the field of each directory. */
export function pluginsOf(config: Governed): { field: string; path: unknown }[] {
  return listed('plugins', config.plugins);
}

function checkPlugins(config: Governed, { allowedPluginDirs }: Policy): Refusal[] {
  return pluginsOf(config)
    .filter(({ path }) => typeof path !== 'string' || !isInsideRoots(path, allowedPluginDirs))
    .map(({ field }) => ({
      code: 'OPTION_NOT_ALLOWED',
      field,
      message: 'expected a directory inside ALLOWED_PLUGIN_DIRS of the operator',
    }));
}

function workspaceKeys({ workspace }: Governed): string[] {
  if (workspace?.type !== 'git') return [];
  return FORBIDDABLE_WORKSPACE_KEYS.filter((key) => isAsked(workspace[key])).map(
    (key) => `workspace.${key}`,
  );
}

function checkRepository({ workspace }: Governed, policy: Policy): Refusal[] {
  const message = workspace?.type === 'git' ? findRepositoryRefusal(workspace.url, policy) : null;
  if (message === null) return [];
  return [{ code: 'REPOSITORY_NOT_ALLOWED', field: 'workspace.url', message }];
}

function checkEnv(config: Governed, { allowedEnv }: Policy): Refusal[] {
  // The CLI adds `settings.env` to its own environment, so `settings.env` may not set the forbidden
  // names either.
  const fields = { env: config.env, 'settings.env': config.settings?.['env'] };
  return Object.entries(fields).flatMap(([field, env]) => {
    const name = forbiddenEnvName(recordOf(env) as Record<string, string>, allowedEnv);
    if (name === null) return [];
    const message = `callers may not set ${name}; leave it out`;
    return [{ code: 'ENV_NOT_ALLOWED' as const, field: `${field}.${name}`, message }];
  });
}

function checkModes(config: Governed, { allowedPermissionModes }: Policy): Refusal[] {
  const ofAgents = agentsOf(config).map(
    ({ field, value }) => [`${field}.permissionMode`, value.permissionMode] as const,
  );
  return [
    ['permission_mode', config.permission_mode] as const,
    ['settings.permissions.defaultMode', permissionsOf(config)['defaultMode']] as const,
    ...ofAgents,
  ]
    .filter(([, mode]) => isAsked(mode) && !allowedPermissionModes.includes(nameOfMode(mode)))
    .map(([field]) => ({
      code: 'PERMISSION_MODE_NOT_ALLOWED',
      field,
      message: `expected a mode that the operator allows: ${allowedPermissionModes.join(', ')}`,
    }));
}

function checkSettings(config: Governed, { allowedSettings }: Policy): Refusal[] {
  return Object.keys(config.settings ?? {})
    .filter((key) => !isAllowed(key, allowedSettings))
    .map((key) => ({
      code: 'OPTION_NOT_ALLOWED',
      field: `settings.${key}`,
      message: 'the operator does not allow this setting; leave it out',
    }));
}

function checkMcpCommands(config: Governed, { allowedMcpCommands }: Policy): Refusal[] {
  return serversOf(config)
    .filter(({ value }) => 'command' in value && !isAllowed(value.command, allowedMcpCommands))
    .map(({ field }) => ({
      code: 'OPTION_NOT_ALLOWED',
      field: `${field}.command`,
      message: 'expected a command that the operator allows',
    }));
}

// The environment must not make an allowed command run other code. An MCP server inherits the
// session's environment.
function checkMcpEnv(config: Governed, { allowedMcpCommands, allowedEnv }: Policy): Refusal[] {
  if (allowedMcpCommands === 'any') return [];
  const programs = serversOf(config).flatMap(({ field, value }) =>
    'command' in value ? [[`${field}.env`, value.env] as const] : [],
  );
  const inherited = [
    ['env', config.env],
    ['settings.env', config.settings?.['env']],
  ] as const;
  return [...programs, ...inherited].flatMap(([field, env]) => {
    const name = loaderName(recordOf(env) as Record<string, string>, allowedEnv);
    if (name === null) return [];
    const message = `callers may not set ${name}, because the operator restricts the commands of MCP servers`;
    return [{ code: 'ENV_NOT_ALLOWED' as const, field: `${field}.${name}`, message }];
  });
}

function checkSources(config: Governed, { settingSources: { allowed } }: Policy): Refusal[] {
  if ((config.setting_sources ?? []).every((source) => allowed.includes(source))) return [];
  const most = allowed.length === 0 ? 'the empty list' : `some of ${allowed.join(', ')}`;
  const message = `expected ${most}, because the operator does not allow other settings files`;
  return [{ code: 'OPTION_NOT_ALLOWED', field: 'setting_sources', message }];
}

function checkStrictness(config: Governed, { strictMcpConfig: { isLocked } }: Policy): Refusal[] {
  if (!isLocked || config.strict_mcp_config !== false) return [];
  const message =
    'expected true, because the operator does not allow the MCP servers of a repository';
  return [{ code: 'OPTION_NOT_ALLOWED', field: 'strict_mcp_config', message }];
}

// An uploaded file must not be a configuration that the operator lets no caller choose. Other files of the session's
// directory may be, but then the CLI does not read them.
function checkFilePaths(
  config: Governed,
  { settingSources: { allowed }, strictMcpConfig: { isLocked } }: Policy,
): Refusal[] {
  return (config.files ?? []).flatMap(({ path }, index) => {
    const kind = configurationAt(path);
    const isRefused = kind === 'mcp' ? isLocked : kind !== null && !allowed.includes(kind);
    if (!isRefused) return [];
    const message =
      'expected another path, because the operator does not allow configuration of Claude Code in the directory';
    return [{ code: 'FILE_PATH_NOT_ALLOWED' as const, field: `files.${index}.path`, message }];
  });
}

function checkPush(config: Governed, { allowedPushBranches }: Policy): Refusal[] {
  const branch = repositoryOf(config)?.push?.branch;
  if (branch === undefined || isPushAllowed(branch, allowedPushBranches)) return [];
  const message =
    allowedPushBranches.length === 0
      ? 'the operator does not allow sessions to push; leave out workspace.push'
      : `expected a branch that the operator allows (${allowedPushBranches.join(', ')}), got ${branch}`;
  return [{ code: 'OPTION_NOT_ALLOWED', field: 'workspace.push.branch', message }];
}

function repositoryOf({ workspace }: Governed): RepositoryConfig | undefined {
  return workspace?.type === 'git' ? workspace : undefined;
}

function isAllowed(name: string, allowed: Allowed): boolean {
  return allowed === 'any' || allowed.includes(name);
}

function isAsked(value: unknown): boolean {
  return value !== null && value !== undefined;
}

// The mode "manual" of the flag is called "default" in settings.
function nameOfMode(mode: unknown): string {
  return mode === 'default' ? 'manual' : typeof mode === 'string' ? mode : '';
}

function permissionsOf(config: Governed): Record<string, unknown> {
  return recordOf(config.settings?.['permissions']);
}

function listed(field: string, paths: unknown): { field: string; path: unknown }[] {
  return listOf(paths).map((path, index) => ({ field: `${field}.${index}`, path }));
}
