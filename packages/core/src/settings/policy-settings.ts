import { delimiter } from 'node:path';
import { z } from 'zod';
import { PERMISSION_MODES } from '../model/config/permission-modes.ts';
import { SETTING_SOURCES } from '../model/config/session-config.ts';
import {
  type Allowed,
  DEFAULT_POLICY,
  FORBIDDABLE_OPTIONS,
  type Policy,
  type SettingSource,
} from '../model/policy/policy.ts';
import { isRepositoryPattern } from '../model/policy/repository-url.ts';
import { DEFAULT_WORK_ROOT } from './default-work-root.ts';
import { absolutePath, addressesVariable, listVariable } from './env.ts';

/** The variables of the operator's policy. In lists of names, `*` allows every name and `none` allows no name. */
export const policySettings = {
  // parseEnv derives the default from other variables.
  WORK_ROOT: z
    .string('expected an absolute path, because this user has no home directory for the default')
    .meta({ default: DEFAULT_WORK_ROOT })
    .transform(absolutePath)
    .describe(
      'Absolute path of the directory in which sessions without a `working_dir` work, in one subdirectory per conversation. The default lies under `STATE_DIRECTORY` or `XDG_STATE_HOME` if either is set.',
    ),
  ALLOWED_ROOTS: listVariable(delimiter)
    .transform((roots, context) => roots.map((root) => absolutePath(root, context)))
    .optional()
    .describe(
      'Absolute paths of the directories that may contain a `working_dir`, separated as in PATH. Default: WORK_ROOT.',
    ),
  ALLOWED_ENV: listVariable(',')
    .default([])
    .describe(
      'Environment variables that `config.env` may set although Baton refuses them by default, separated by commas.',
    ),
  ALLOWED_PERMISSION_MODES: listVariable(',')
    .refine(
      (modes) => modes.every((mode) => PERMISSION_MODES.some((known) => known === mode)),
      `expected some of ${PERMISSION_MODES.join(', ')}`,
    )
    .prefault(DEFAULT_POLICY.allowedPermissionModes.join(','))
    .describe(
      'Permission modes that callers may request, with `permission_mode` or in `settings`.',
    ),
  FORBIDDEN_OPTIONS: listVariable(',')
    .refine(
      (options) => options.every((option) => FORBIDDABLE_OPTIONS.includes(option)),
      `expected some of ${FORBIDDABLE_OPTIONS.join(', ')}`,
    )
    .default([])
    .describe(
      'Keys of a config that callers may not use, such as `permission_prompt_tool`, separated by commas. `workspace.setup` and `workspace.push` forbid only these parts of `workspace`.',
    ),
  ALLOWED_PUSH_BRANCHES: listVariable(',')
    .prefault(DEFAULT_POLICY.allowedPushBranches.join(','))
    .describe(
      'Branches to which sessions may push (`workspace.push`), separated by commas. `*` stands for any characters, `none` allows no branch.',
    ),
  ALLOWED_SETTINGS: allowedVariable().describe(
    'Top-level keys that callers may use in `settings`, separated by commas. `*` allows all keys, `none` allows no key.',
  ),
  ALLOWED_MCP_COMMANDS: allowedVariable().describe(
    'Commands that MCP servers may use, matched exactly, separated by commas. `*` allows all commands, `none` allows no command.',
  ),
  ALLOWED_PLUGIN_DIRS: listVariable(delimiter)
    .transform((dirs, context) => dirs.map((dir) => absolutePath(dir, context)))
    .default([])
    .describe(
      'Absolute paths of the directories that may contain the `plugins` of a config, separated as in PATH. Default: none. Only people who may run programs as the worker should be able to write there.',
    ),
  SETTING_SOURCES: sourcesVariable()
    .optional()
    .describe(
      'Settings files that a session reads if its caller names none: some of `user`, `project`, `local`, or `none`. Default: all of them, or `none` if ALLOWED_SETTINGS or ALLOWED_MCP_COMMANDS is not `*`.',
    ),
  ALLOWED_SETTING_SOURCES: sourcesVariable('*')
    .optional()
    .describe(
      'Settings files that callers may request with `setting_sources`: `*` allows all, `none` allows none. Default: those of SETTING_SOURCES.',
    ),
  STRICT_MCP_CONFIG: z
    .enum(['on', 'unless-asked', 'off'], 'expected on, unless-asked or off')
    .optional()
    .describe(
      'Whether sessions ignore the MCP servers of `.mcp.json` files. `on`: always. `unless-asked`: a caller may include them. `off`: a caller may exclude them. Default: `off`, or `on` if ALLOWED_SETTINGS or ALLOWED_MCP_COMMANDS is not `*`.',
    ),
  ALLOWED_GIT_URLS: allowedVariable()
    .refine(
      (patterns) =>
        patterns.every((one) => one === '*' || one === 'none' || isRepositoryPattern(one)),
      'expected patterns such as https://github.com/acme/* or ssh://git@host/*, or * or none',
    )
    .describe(
      'Repositories that a workspace may begin from, as patterns separated by commas, such as `https://github.com/acme/*` or `ssh://git@host/*`. `*` allows every repository that https or ssh reaches at a public address, `none` allows no repository.',
    ),
  GIT_ALLOWED_ADDRESSES: addressesVariable().describe(
    'Addresses or CIDR ranges, separated by commas, at which git may reach servers even if they are not public.',
  ),
};

/** The parsed variables of the policy. */
type PolicySettings = z.infer<z.ZodObject<typeof policySettings>>;

/** Builds the policy from the settings. */
export function policyOf(settings: PolicySettings): Policy {
  const allowedSettings = allowedOf(settings.ALLOWED_SETTINGS);
  const allowedMcpCommands = allowedOf(settings.ALLOWED_MCP_COMMANDS);
  // If the operator restricts settings or MCP commands, the stricter defaults apply. Otherwise a
  // settings file or an .mcp.json in a repository could bypass the restriction.
  const isRestricted = allowedSettings !== 'any' || allowedMcpCommands !== 'any';
  const strict = settings.STRICT_MCP_CONFIG ?? (isRestricted ? 'on' : 'off');
  return {
    allowedRoots: settings.ALLOWED_ROOTS ?? [settings.WORK_ROOT],
    allowedEnv: settings.ALLOWED_ENV,
    allowedPermissionModes: settings.ALLOWED_PERMISSION_MODES,
    forbiddenOptions: settings.FORBIDDEN_OPTIONS,
    allowedSettings,
    allowedMcpCommands,
    allowedPluginDirs: settings.ALLOWED_PLUGIN_DIRS,
    settingSources: sourcesOf(settings, isRestricted),
    strictMcpConfig: { byDefault: strict !== 'off', isLocked: strict === 'on' },
    allowedPushBranches: settings.ALLOWED_PUSH_BRANCHES.filter((name) => name !== 'none'),
    gitUrls: allowedOf(settings.ALLOWED_GIT_URLS),
    gitAddresses: settings.GIT_ALLOWED_ADDRESSES,
  };
}

function sourcesOf(settings: PolicySettings, isRestricted: boolean): Policy['settingSources'] {
  const { SETTING_SOURCES: sources, ALLOWED_SETTING_SOURCES: allowed } = settings;
  const fallback = isRestricted ? [] : (allowed ?? SETTING_SOURCES);
  const byDefault = (sources ?? fallback).filter((source) => !allowed || allowed.includes(source));
  return { byDefault, allowed: allowed ?? byDefault };
}

// A blank variable counts as absent, so the word `none` stands for an empty list.
function allowedVariable() {
  return listVariable(',').prefault('*');
}

function allowedOf(names: readonly string[]): Allowed {
  return names.includes('*') ? 'any' : names.filter((name) => name !== 'none');
}

function sourcesVariable(any?: '*') {
  const words = ['none', ...(any ? [any] : [])];
  return listVariable(',')
    .refine(
      (names) => names.every(isSource) || (names.length === 1 && words.includes(names[0] ?? '')),
      `expected some of ${SETTING_SOURCES.join(', ')}, or ${words.join(' or ')}`,
    )
    .transform((names) => (names[0] === '*' ? [...SETTING_SOURCES] : names.filter(isSource)));
}

function isSource(name: string): name is SettingSource {
  return SETTING_SOURCES.some((source) => source === name);
}
