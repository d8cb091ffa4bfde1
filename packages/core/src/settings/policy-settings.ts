import { delimiter } from 'node:path';
import { z } from 'zod';
import { PERMISSION_MODES, SETTING_SOURCES } from '../model/config/session-config.ts';
import {
  type Allowed,
  DEFAULT_POLICY,
  FORBIDDABLE_OPTIONS,
  type Policy,
  type SettingSource,
} from '../model/policy/policy.ts';
import { DEFAULT_WORK_ROOT } from './default-work-root.ts';
import { absolutePath, listVariable } from './env.ts';

/** The variables that state the operator's policy; `*` in one is all there is, `none` nothing. */
export const policySettings = {
  // parseEnv makes the default from other variables.
  WORK_ROOT: z
    .string('expected a directory: this user has no home directory to take one in')
    .meta({ default: DEFAULT_WORK_ROOT })
    .transform(absolutePath)
    .describe(
      'Where sessions without a `working_dir` work: a directory for each conversation, as an absolute path. Default: in the state directory of the user (`STATE_DIRECTORY`, `XDG_STATE_HOME`).',
    ),
  ALLOWED_ROOTS: listVariable(delimiter)
    .transform((roots, context) => roots.map((root) => absolutePath(root, context)))
    .optional()
    .describe(
      'Directories that a `working_dir` may lie in: absolute paths, separated as in PATH. Default: WORK_ROOT.',
    ),
  ALLOWED_ENV: listVariable(',')
    .default([])
    .describe('Names that `config.env` may set although they are refused, separated by commas.'),
  ALLOWED_PERMISSION_MODES: listVariable(',')
    .refine(
      (modes) => modes.every((mode) => PERMISSION_MODES.some((known) => known === mode)),
      `expected some of ${PERMISSION_MODES.join(', ')}`,
    )
    .prefault(DEFAULT_POLICY.allowedPermissionModes.join(','))
    .describe('Permission modes that callers may ask for, by `permission_mode` or by `settings`.'),
  FORBIDDEN_OPTIONS: listVariable(',')
    .refine(
      (options) => options.every((option) => FORBIDDABLE_OPTIONS.includes(option)),
      `expected some of ${FORBIDDABLE_OPTIONS.join(', ')}`,
    )
    .default([])
    .describe(
      'Keys of a config that no caller may use, such as `permission_prompt_tool`, separated by commas.',
    ),
  ALLOWED_SETTINGS: allowedVariable().describe(
    'Top-level keys that `settings` may have, separated by commas; `*`: any, `none`: none.',
  ),
  ALLOWED_MCP_COMMANDS: allowedVariable().describe(
    'Programs that MCP servers may be, by the letter of their `command`, separated by commas; `*`: any, `none`: none.',
  ),
  SETTING_SOURCES: sourcesVariable()
    .optional()
    .describe(
      'Settings files that sessions read, and the most that callers may ask for: some of `user`, `project`, `local`, or `none`. Default: all of them; `none` where ALLOWED_SETTINGS or ALLOWED_MCP_COMMANDS is not `*`.',
    ),
  ALLOWED_SETTING_SOURCES: sourcesVariable('*')
    .optional()
    .describe(
      'Settings files that callers may ask for by `setting_sources`, where that is not SETTING_SOURCES; `*`: any, `none`: none.',
    ),
  STRICT_MCP_CONFIG: z
    .enum(['on', 'unless-asked', 'off'], 'expected on, unless-asked or off')
    .optional()
    .describe(
      'Whether sessions start the MCP servers of their `mcp_config` alone, and none of a `.mcp.json`: `on`: always, `unless-asked`: unless a caller says otherwise, `off`: where a caller says so. Default: `off`; `on` where ALLOWED_SETTINGS or ALLOWED_MCP_COMMANDS is not `*`.',
    ),
};

/** The policy's variables, as they are read. */
type PolicySettings = z.infer<z.ZodObject<typeof policySettings>>;

/** The policy that the settings state. */
export function policyOf(settings: PolicySettings): Policy {
  const allowedSettings = allowedOf(settings.ALLOWED_SETTINGS);
  const allowedMcpCommands = allowedOf(settings.ALLOWED_MCP_COMMANDS);
  // A file of the repository must not be the way around what the operator restricts.
  const isRestricted = allowedSettings !== 'any' || allowedMcpCommands !== 'any';
  const strict = settings.STRICT_MCP_CONFIG ?? (isRestricted ? 'on' : 'off');
  return {
    allowedRoots: settings.ALLOWED_ROOTS ?? [settings.WORK_ROOT],
    allowedEnv: settings.ALLOWED_ENV,
    allowedPermissionModes: settings.ALLOWED_PERMISSION_MODES,
    forbiddenOptions: settings.FORBIDDEN_OPTIONS,
    allowedSettings,
    allowedMcpCommands,
    settingSources: sourcesOf(settings, isRestricted),
    strictMcpConfig: { byDefault: strict !== 'off', isLocked: strict === 'on' },
  };
}

function sourcesOf(settings: PolicySettings, isRestricted: boolean): Policy['settingSources'] {
  const { SETTING_SOURCES: sources, ALLOWED_SETTING_SOURCES: allowed } = settings;
  const fallback = isRestricted ? [] : (allowed ?? SETTING_SOURCES);
  const byDefault = (sources ?? fallback).filter((source) => !allowed || allowed.includes(source));
  return { byDefault, allowed: allowed ?? byDefault };
}

// A blank variable counts as absent, so that "nothing" needs a word.
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
