import type { Overrides } from '../config/continue-config.ts';
import {
  PERMISSION_MODES,
  SETTING_SOURCES,
  type SessionConfig,
  sessionConfigSchema,
} from '../config/session-config.ts';
import type { ErrorCode } from '../errors/error-codes.ts';

/** A list that the operator gives, or all there is. */
export type Allowed = readonly string[] | 'any';

/** One of the settings files that the CLI may read. */
export type SettingSource = (typeof SETTING_SOURCES)[number];

/** What the operator allows callers to ask for. */
export interface Policy {
  /** Directories that a session may work in or be given, with all below them. */
  allowedRoots: readonly string[];
  /** Names that `config.env` may set although they are refused by default. */
  allowedEnv: readonly string[];
  /** Permission modes that `permission_mode` and settings may ask for. */
  allowedPermissionModes: readonly string[];
  /** Keys of the config that no caller may use. */
  forbiddenOptions: readonly string[];
  /** Top-level keys that `settings` may have. */
  allowedSettings: Allowed;
  /** Programs that MCP servers may be, by the letter of their `command`. */
  allowedMcpCommands: Allowed;
  /** Settings files that a session reads by default, and settings files that callers may ask for. */
  settingSources: { byDefault: readonly SettingSource[]; allowed: readonly SettingSource[] };
  /** Whether a session by default starts no server of a `.mcp.json`, and whether callers may not change that. */
  strictMcpConfig: { byDefault: boolean; isLocked: boolean };
}

/** The permission mode in which nothing is asked: off unless the operator allows it. */
export const BYPASS_MODE = 'bypassPermissions';

/** The keys of a config that an operator can forbid. */
export const FORBIDDABLE_OPTIONS: readonly string[] = Object.keys(sessionConfigSchema.shape).filter(
  (key) => key !== 'query',
);

/** What holds where the operator says nothing: no directory at all, and no bypassing of permissions. */
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

/** A config, or the overrides of a continue, in which `null` asks for nothing. */
export type Governed = Partial<SessionConfig> | Partial<Overrides>;

/** One thing that was asked for and is not allowed. */
export interface Refusal {
  code: ErrorCode;
  field: string;
  message: string;
}
