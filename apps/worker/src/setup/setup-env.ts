// The environment of setup commands.
import type { SessionConfig } from '@baton/core/internal';
import { TOOL_NAMES } from '../claude/base-env.ts';
import { joinCeilings } from '../claude/git-ceiling.ts';

// Claude's credentials, and those of a cloud provider, are not among them.
const NAMES = new Set(TOOL_NAMES);
const PREFIX = 'LC_';

/** What the environment of setup commands is built from. */
export interface SetupEnvInput {
  /** The session's config, with its secrets opened. */
  config: Pick<SessionConfig, 'env' | 'settings'>;
  /** The operator's variables that the CLI inherits, see `operatorEnv`. */
  baseEnv: Readonly<Record<string, string>>;
  sessionId: string;
  runId: string;
  /** The value of BATON_RUN, by which Baton finds every descendant of a command. */
  marker: string;
}

/**
 * Builds the environment of setup commands: what the session's own Bash calls would get of its caller's variables, and
 * the operator's variables that are no credentials. git asks nobody for a password.
 */
export function buildSetupEnv(input: SetupEnvInput): Record<string, string> {
  const { baseEnv, config } = input;
  const own = { ...config.env, ...textsOf(config.settings?.['env']) };
  const inherited = Object.entries(baseEnv).filter(
    ([name]) => NAMES.has(name) || name.startsWith(PREFIX),
  );
  return {
    ...Object.fromEntries(inherited),
    ...own,
    ...joinCeilings(own['GIT_CEILING_DIRECTORIES'], baseEnv['GIT_CEILING_DIRECTORIES']),
    GIT_TERMINAL_PROMPT: '0',
    BATON_SESSION_ID: input.sessionId,
    BATON_RUN_ID: input.runId,
    BATON_RUN: input.marker,
  };
}

function textsOf(env: unknown): Record<string, string> {
  const entries = Object.entries(Object(env)).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}
