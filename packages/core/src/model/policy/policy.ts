import type { Overrides } from '../config/continue-config.ts';
import { PERMISSION_MODES } from '../config/permission-modes.ts';
import {
  SETTING_SOURCES,
  type SessionConfig,
  sessionConfigSchema,
} from '../config/session-config.ts';
import type { PromptRequest } from '../content/content-draft.ts';
import type { ErrorCode } from '../errors/error-codes.ts';
import type { AddressRange } from '../webhooks/webhook-address.ts';
import { DEFAULT_PUSH_BRANCHES } from './push-branches.ts';

/** A list of names that the operator allows, or `any`. */
export type Allowed = readonly string[] | 'any';

/** One of the settings files that the CLI can read. */
export type SettingSource = (typeof SETTING_SOURCES)[number];

/** What the operator allows callers to request. */
export interface Policy {
  /** Directories that a session may use, with everything below them. */
  allowedRoots: readonly string[];
  /** Variables that `config.env` may set although Baton refuses them by default. */
  allowedEnv: readonly string[];
  /** Permission modes that callers may request, with `permission_mode` or in `settings`. */
  allowedPermissionModes: readonly string[];
  /** Keys of a config that callers may not use. */
  forbiddenOptions: readonly string[];
  /** Top-level keys that callers may use in `settings`. */
  allowedSettings: Allowed;
  /** Commands that MCP servers may use, matched exactly. */
  allowedMcpCommands: Allowed;
  /** Directories that may contain the `plugins` of a config, with everything below them. */
  allowedPluginDirs: readonly string[];
  /** The settings files that a session reads by default, and the settings files that callers may request. */
  settingSources: { byDefault: readonly SettingSource[]; allowed: readonly SettingSource[] };
  /**
   * Whether a session by default ignores `.mcp.json`, and whether callers are forbidden to change
   * this default.
   */
  strictMcpConfig: { byDefault: boolean; isLocked: boolean };
  /** Patterns of the branches to which sessions may push (push-branches.ts). */
  allowedPushBranches: readonly string[];
  /** Patterns of the repositories that a workspace may begin from. */
  gitUrls: Allowed;
  /** Addresses that git may reach although they are not public. */
  gitAddresses: readonly AddressRange[];
}

/**
 * The permission mode in which the CLI asks for no permission. Callers may request it only if the
 * operator allows it.
 */
export const BYPASS_MODE = 'bypassPermissions';

/** The parts of `workspace` that the operator can forbid by themselves. */
export const FORBIDDABLE_WORKSPACE_KEYS = ['setup', 'push'] as const;

/** The keys of a config that the operator can forbid. */
export const FORBIDDABLE_OPTIONS: readonly string[] = [
  ...Object.keys(sessionConfigSchema.shape).filter((key) => key !== 'query'),
  ...FORBIDDABLE_WORKSPACE_KEYS.map((key) => `workspace.${key}`),
];

/** The policy without any setting: it allows no directory and does not allow bypassPermissions. */
export const DEFAULT_POLICY: Policy = {
  allowedRoots: [],
  allowedEnv: [],
  allowedPermissionModes: PERMISSION_MODES.filter((mode) => mode !== BYPASS_MODE),
  forbiddenOptions: [],
  allowedSettings: 'any',
  allowedMcpCommands: 'any',
  allowedPluginDirs: [],
  settingSources: { byDefault: SETTING_SOURCES, allowed: SETTING_SOURCES },
  strictMcpConfig: { byDefault: false, isLocked: false },
  allowedPushBranches: DEFAULT_PUSH_BRANCHES,
  gitUrls: 'any',
  gitAddresses: [],
};

/** A config, or the overrides of a continue, as a request brings it or as it is stored. In overrides, `null` requests nothing. */
export type Governed = PromptRequest &
  (
    | Partial<Omit<SessionConfig, keyof PromptRequest>>
    | Partial<Omit<Overrides, keyof PromptRequest>>
  );

/** A part of a request that the policy does not allow. */
export interface Refusal {
  code: ErrorCode;
  field: string;
  message: string;
}
