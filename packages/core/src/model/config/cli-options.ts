// Keys of a config that stand for one flag of the CLI each, and that came after the seed (docs/cli-options.md).
import { z } from 'zod';
import { agentsSchema, EFFORT_LEVELS } from './agent-config.ts';
import { argument, text, toolList } from './arguments.ts';
import { absolutePath } from './workspace-config.ts';

/** The fields of SessionConfig that workers know by the feature word CLI_OPTIONS_FEATURE. */
export const cliOptionFields = {
  tools: toolList
    .optional()
    .describe(
      'Built-in tools that exist in the session; `[]` means none, `["default"]` all. Tools of MCP servers are not affected. `allowed_tools` says which of them need no permission. At most 100 KiB of JSON.',
    ),
  agents: agentsSchema
    .optional()
    .describe('Agents by name: sub-agents that the model may use, and `agent` may choose one.'),
  agent: argument
    .optional()
    .describe(
      'Agent that the session itself runs as: a name in `agents`, of a plugin, of the repository or of the CLI. The CLI ignores a name that it does not find. `system_prompt` replaces the prompt of the agent.',
    ),
  effort: z
    .enum(EFFORT_LEVELS)
    .optional()
    .describe("Reasoning effort of the session. Default: the operator's or the model's."),
  max_thinking_tokens: z
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe(
      'Maximum number of thinking tokens of one answer; 0 means no thinking. Only models with a fixed thinking budget heed it; use `effort` with all other models.',
    ),
  task_budget: z
    .int()
    .positive()
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Number of tokens that the API tells the model to complete its task with.'),
  betas: z
    .array(argument)
    .max(16)
    .optional()
    .describe(
      'Beta headers of requests to the API. The CLI sends only those that it knows and ignores all others; an account with an API key is needed.',
    ),
  plugins: z
    .array(absolutePath)
    .max(32)
    .optional()
    .describe(
      'Directories of plugins on the worker, each inside a directory that the operator allows. A plugin can bring hooks, MCP servers, agents, skills and commands.',
    ),
  append_subagent_system_prompt: text
    .min(1)
    .optional()
    .describe('Text that is added after the system prompt of every sub-agent.'),
  forward_subagent_text: z
    .boolean()
    .optional()
    .describe('Whether the events contain what sub-agents write and think, not only their calls.'),
  include_hook_events: z
    .boolean()
    .optional()
    .describe('Whether the events contain the start and the end of every hook.'),
  exclude_dynamic_system_prompt_sections: z
    .boolean()
    .optional()
    .describe(
      'Whether the system prompt leaves out what differs between hosts, so that hosts share a prompt cache. It has no effect together with `system_prompt`.',
    ),
};

/** The keys of these fields. */
export const CLI_OPTION_KEYS = Object.keys(cliOptionFields) as (keyof typeof cliOptionFields)[];
