import type { SessionConfig } from '@baton/core/internal';

/** The built-in agent with which the CLI behaves as without `--agent` (test/contract/agents.test.ts). */
const DEFAULT_AGENT = 'claude';

/** The paths of the files that hold long or secret values. */
interface OptionFiles {
  agents: string | undefined;
  subagentPrompt: string | undefined;
}

/**
 * Returns the flags of the keys that stand for one flag of the CLI each (docs/cli-options.md).
 *
 * @param clearsAgent Whether the transcript began with an agent that the config no longer has. The CLI takes the agent
 *   from the transcript unless a flag names another one.
 */
export function optionFlags(
  config: SessionConfig,
  files: OptionFiles,
  clearsAgent: boolean,
): string[] {
  // Each value is passed as `--flag=value`, so that a value that begins with a dash cannot become a flag.
  const flag = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [`--${name}=${value}`];
  const onOff = (name: string, value: boolean | undefined) => (value ? [`--${name}`] : []);
  return [
    // An empty list is a value of its own: no built-in tool.
    ...flag('tools', config.tools?.join(',')),
    ...flag('agents', files.agents),
    ...flag('agent', config.agent ?? (clearsAgent ? DEFAULT_AGENT : undefined)),
    ...flag('effort', config.effort),
    ...flag('max-thinking-tokens', config.max_thinking_tokens),
    ...flag('task-budget', config.task_budget),
    ...(config.betas ?? []).flatMap((beta) => flag('betas', beta)),
    ...(config.plugins ?? []).flatMap((dir) => flag('plugin-dir', dir)),
    ...flag('append-subagent-system-prompt-file', files.subagentPrompt),
    ...onOff('forward-subagent-text', config.forward_subagent_text),
    ...onOff('include-hook-events', config.include_hook_events),
    ...onOff(
      'exclude-dynamic-system-prompt-sections',
      config.exclude_dynamic_system_prompt_sections,
    ),
  ];
}

/**
 * Returns the names of variables that would override a key of the config. The operator's value is a default, so a
 * session with the key must not have the variable (test/contract/options.test.ts).
 */
export function overriddenVariables(config: SessionConfig): string[] {
  return [
    ...(config.effort === undefined ? [] : ['CLAUDE_CODE_EFFORT_LEVEL']),
    ...(config.max_thinking_tokens === undefined ? [] : ['MAX_THINKING_TOKENS']),
  ];
}
