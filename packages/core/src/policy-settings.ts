import { delimiter, resolve } from 'node:path';
import { z } from 'zod';
import { listVariable } from './env.ts';
import { type Allowed, DEFAULT_POLICY, FORBIDDABLE_OPTIONS, type Policy } from './model/policy.ts';
import { PERMISSION_MODES } from './model/session-config.ts';

/** The variables that state the operator's policy; `*` in one is all there is, `none` nothing. */
export const policySettings = {
  WORK_ROOT: z
    .string()
    .default('.baton/work')
    .transform((path) => resolve(path))
    .describe('Where sessions that name no `working_dir` work, a directory a conversation.'),
  ALLOWED_ROOTS: listVariable(delimiter)
    .transform((roots) => roots.map((root) => resolve(root)))
    .optional()
    .describe(
      'Directories that a `working_dir` may lie in, separated as in PATH. Default: WORK_ROOT.',
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
};

/** The policy that the settings state. */
export function policyOf(settings: {
  WORK_ROOT: string;
  ALLOWED_ROOTS?: readonly string[] | undefined;
  ALLOWED_ENV: readonly string[];
  ALLOWED_PERMISSION_MODES: readonly string[];
  FORBIDDEN_OPTIONS: readonly string[];
  ALLOWED_SETTINGS: readonly string[];
  ALLOWED_MCP_COMMANDS: readonly string[];
}): Policy {
  return {
    allowedRoots: settings.ALLOWED_ROOTS ?? [settings.WORK_ROOT],
    allowedEnv: settings.ALLOWED_ENV,
    allowedPermissionModes: settings.ALLOWED_PERMISSION_MODES,
    forbiddenOptions: settings.FORBIDDEN_OPTIONS,
    allowedSettings: allowedOf(settings.ALLOWED_SETTINGS),
    allowedMcpCommands: allowedOf(settings.ALLOWED_MCP_COMMANDS),
  };
}

// A blank variable counts as absent, so that "nothing" needs a word.
function allowedVariable() {
  return listVariable(',').prefault('*');
}

function allowedOf(names: readonly string[]): Allowed {
  return names.includes('*') ? 'any' : names.filter((name) => name !== 'none');
}
