import type { Overrides } from '../config/continue-config.ts';
import {
  PERMISSION_MODES,
  SETTING_SOURCES,
  type SessionConfig,
  sessionConfigSchema,
} from '../config/session-config.ts';
import type { ErrorCode } from '../errors/error-codes.ts';

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
  /** The settings files that a session reads by default, and the settings files that callers may request. */
  settingSources: { byDefault: readonly SettingSource[]; allowed: readonly SettingSource[] };
  /**
   * Whether a session by default ignores `.mcp.json`, and whether callers are forbidden to change
   * this default.
   */
  strictMcpConfig: { byDefault: boolean; isLocked: boolean };
}

/**
 * The permission mode in which the CLI asks for no permission. Callers may request it only if the
 * operator allows it.
 */
export const BYPASS_MODE = 'bypassPermissions';

/** The keys of a config that the operator can forbid. */
export const FORBIDDABLE_OPTIONS: readonly string[] = Object.keys(sessionConfigSchema.shape).filter(
  (key) => key !== 'query',
);

/** The policy without any setting: it allows no directory and does not allow bypassPermissions. */
export const DEFAULT_POLICY: Policy = {
  allowedRoots: [],
  allowedEnv: [],
  allowedPermissionModes: PERMISSION_MODES.filter((mode) => mode !== BYPASS_MODE),
  forbiddenOptions: [],
  allowedSettings: 'any',
  allowedMcpCommands: 'any',
  settingSources: { byDefault: SETTING_SOURCES, allowed: SETTING_SOURCES },
  strictMcpConfig: { byDefault: false, isLocked: false },
};

/** A config, or the overrides of a continue. In overrides, `null` requests nothing. */
export type Governed = Partial<SessionConfig> | Partial<Overrides>;

/** A part of a request that the policy does not allow. */
export interface Refusal {
  code: ErrorCode;
  field: string;
  message: string;
}
