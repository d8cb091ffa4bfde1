import {
  AppError,
  BYPASS_MODE,
  forbiddenEnvName,
  type Policy,
  SETTING_SOURCES,
  type SessionConfig,
} from '@baton/core/internal';
import { joinCeilings } from './git-ceiling.ts';
import { agentsFileOf, mcpFileOf } from './mcp-file.ts';
import { isSecretVariable } from './operator-secrets.ts';
import { optionFlags, overriddenVariables } from './option-flags.ts';

/**
 * The folder under `projects/` that holds the transcript, the same for every working directory
 * (docs/claude-cli.md, section 3).
 */
export const PROJECT_DIR_NAME = 'session';

/** What the command of one `claude` process is built from. */
export interface CommandInput {
  config: SessionConfig;
  claudeSessionId: string;
  /** Whether the transcript of `claudeSessionId` was restored, so that the CLI resumes it. */
  resume: boolean;
  /** Whether the restored transcript began with an agent that the config no longer names. */
  clearsAgent: boolean;
  /** Folders that only this attempt uses. */
  dirs: { config: string; tmp: string; files: string };
  sessionId: string;
  runId: string;
  /** The value of BATON_RUN, by which Baton finds every descendant of the process. */
  marker: string;
  /** The operator's variables that the CLI inherits, see `operatorEnv`. */
  baseEnv: Record<string, string>;
  /** What the operator allows. */
  policy: Pick<
    Policy,
    'allowedEnv' | 'allowedPermissionModes' | 'settingSources' | 'strictMcpConfig'
  >;
  /** Whether the session may schedule wake-ups, which make the CLI continue the session later. */
  wakeups: 'allow' | 'forbid';
  /** Whether the CLI keeps its credentials from tools, see scrub/env-scrub.ts. */
  scrubsEnv: boolean;
  /** Notes for the model, which follow the appended system prompt; or null. */
  notes: string | null;
}

/**
 * How to start one `claude` process. Before it starts, `files` must be written, readable by their
 * owner only.
 */
export interface Command {
  args: string[];
  env: Record<string, string>;
  files: { path: string; content: string }[];
}

/**
 * Builds the command of one attempt. Throws ENV_NOT_ALLOWED if the config sets a variable that
 * callers may not set. Prompts, secrets and long texts are never arguments, because other users of
 * the host can read arguments.
 */
export function buildCommand(input: CommandInput): Command {
  const files = buildFiles(input);
  return {
    args: buildArgs(input, files),
    env: buildEnv(input),
    files: Object.values(files).filter((file) => file !== undefined),
  };
}

const SCRUB = 'CLAUDE_CODE_SUBPROCESS_ENV_SCRUB';

interface CommandFile {
  path: string;
  content: string;
}

type CommandFiles = Record<
  'systemPrompt' | 'appended' | 'subagentPrompt' | 'mcp' | 'agents' | 'settings',
  CommandFile | undefined
>;

function buildFiles(input: CommandInput): CommandFiles {
  const { config, dirs, sessionId, runId, policy, baseEnv } = input;
  const file = (name: string, content: string | undefined) =>
    content === undefined ? undefined : { path: `${dirs.files}/${name}`, content };
  const appended = [config.append_system_prompt, config.custom_instructions, input.notes].filter(
    (text) => text !== undefined && text !== null,
  );
  const ids = { BATON_SESSION_ID: sessionId, BATON_RUN_ID: runId };
  const hidden = withheld(config, baseEnv);
  const mcp = config.mcp_config && mcpFileOf(config.mcp_config, ids, hidden);
  const agents = config.agents && agentsFileOf(config.agents, ids, hidden);
  const allowed = policy.allowedPermissionModes.includes(BYPASS_MODE)
    ? config.settings
    : withoutBypass(config.settings);
  const settings = input.scrubsEnv ? withScrub(allowed) : allowed;
  return {
    systemPrompt: file('system-prompt.txt', config.system_prompt),
    appended: file('append-system-prompt.txt', appended.join('\n\n') || undefined),
    subagentPrompt: file('subagent-system-prompt.txt', config.append_subagent_system_prompt),
    mcp: file('mcp.json', mcp && JSON.stringify(mcp)),
    agents: file('agents.json', agents && JSON.stringify(agents)),
    settings: file('settings.json', settings && JSON.stringify(settings)),
  };
}

// If a tool is disallowed by name, sub-agents cannot use it either
// (test/contract/background.test.ts).
const WAKEUP_TOOLS = ['ScheduleWakeup', 'CronCreate'];

// Each value is passed as `--flag=value`, so that a value that begins with a dash cannot become a
// flag.
function buildArgs(input: CommandInput, files: CommandFiles): string[] {
  const { config } = input;
  const disallowed = [
    ...(config.disallowed_tools ?? []),
    ...(input.wakeups === 'forbid' ? WAKEUP_TOOLS : []),
  ];
  const flag = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [`--${name}=${value}`];
  return [
    '--print',
    '--input-format=stream-json',
    '--output-format=stream-json',
    '--verbose',
    ...flag(input.resume ? 'resume' : 'session-id', input.claudeSessionId),
    // Without this flag, the CLI keeps the system prompts that the transcript began with, even if a
    // continued session sets other prompts (docs/claude-cli.md, section 8).
    ...flag('system-prompt-snapshot', input.resume ? 'off' : undefined),
    ...flag('model', config.model),
    ...flag('fallback-model', config.fallback_model),
    ...flag('max-turns', config.max_turns),
    ...flag('max-budget-usd', config.max_budget_usd),
    ...flag('permission-mode', config.permission_mode),
    ...flag('permission-prompt-tool', config.permission_prompt_tool),
    ...flag('allowedTools', config.allowed_tools?.join(',') || undefined),
    ...flag('disallowedTools', disallowed.join(',') || undefined),
    ...(config.additional_directories ?? []).flatMap((dir) => flag('add-dir', dir)),
    ...flag('json-schema', config.json_schema && JSON.stringify(config.json_schema)),
    ...flag('system-prompt-file', files.systemPrompt?.path),
    ...flag('append-system-prompt-file', files.appended?.path),
    ...flag('mcp-config', files.mcp?.path),
    ...flag('settings', files.settings?.path),
    ...repositoryFlags(input),
    ...(config.include_partial_messages ? ['--include-partial-messages'] : []),
    ...optionFlags(
      config,
      { agents: files.agents?.path, subagentPrompt: files.subagentPrompt?.path },
      input.clearsAgent,
    ),
  ];
}

// These flags say which parts of a repository's own configuration count. Without them, the CLI uses
// every part (docs/claude-cli.md, section 18).
function repositoryFlags({ config, policy }: CommandInput): string[] {
  const { settingSources, strictMcpConfig } = policy;
  const asked = config.setting_sources ?? settingSources.byDefault;
  const sources = SETTING_SOURCES.filter((source) => asked.includes(source));
  const isStrict = config.strict_mcp_config ?? strictMcpConfig.byDefault;
  return [
    ...(sources.length < SETTING_SOURCES.length ? [`--setting-sources=${sources.join(',')}`] : []),
    ...(isStrict || strictMcpConfig.isLocked ? ['--strict-mcp-config'] : []),
  ];
}

function buildEnv(input: CommandInput): Record<string, string> {
  const { config, dirs, policy } = input;
  const forbidden = forbiddenEnvName(config.env, policy.allowedEnv);
  if (forbidden !== null) {
    throw new AppError(
      'ENV_NOT_ALLOWED',
      `env.${forbidden}: a caller may not set this variable; leave it out, or ask the operator to add it to ALLOWED_ENV`,
      { details: { field: `env.${forbidden}` } },
    );
  }
  // Without TMPDIR, the scrub's sandbox leaves sockets and folders in the system's temporary
  // directory.
  const scrub = input.scrubsEnv ? { [SCRUB]: '1', TMPDIR: dirs.tmp } : {};
  const overridden = overriddenVariables(config);
  const without = (env: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(env).filter(([name]) => !overridden.includes(name)));
  return {
    ...without(input.baseEnv),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
    ...without(config.env),
    ...joinCeilings(
      config.env?.['GIT_CEILING_DIRECTORIES'],
      input.baseEnv['GIT_CEILING_DIRECTORIES'],
    ),
    // These come last, so that no other variable can move the transcript or hide a process from the
    // sweep by marker.
    CLAUDE_CONFIG_DIR: dirs.config,
    CLAUDE_CODE_TMPDIR: dirs.tmp,
    CLAUDE_CODE_PROJECT_DIR_NAME: PROJECT_DIR_NAME,
    BATON_SESSION_ID: input.sessionId,
    BATON_RUN_ID: input.runId,
    BATON_RUN: input.marker,
    ...scrub,
  };
}

// Variables in `--settings` override the process's environment, so the scrub must be set there too.
function withScrub(settings: SessionConfig['settings'] = {}): SessionConfig['settings'] {
  return { ...settings, env: { ...Object(settings['env']), [SCRUB]: '1' } };
}

// Sets the CLI's own switch that disables the bypass mode. It works no matter how a session asks
// for that mode.
function withoutBypass(settings: SessionConfig['settings'] = {}): SessionConfig['settings'] {
  const { permissions } = settings;
  const given = typeof permissions === 'object' && !Array.isArray(permissions) ? permissions : {};
  return { ...settings, permissions: { ...given, disableBypassPermissionsMode: 'disable' } };
}

// Returns the names of the operator's secret variables. A variable that the caller's config sets is
// left out.
function withheld({ env, settings }: SessionConfig, baseEnv: Record<string, string>): string[] {
  const own = { ...env, ...Object(settings?.['env']) };
  return Object.keys(baseEnv).filter((name) => isSecretVariable(name) && !(name in own));
}
