import { z } from 'zod';
import { idSchema } from '../schema/id.ts';
import { promptFields, type SessionConfig, sessionConfigSchema } from './session-config.ts';

const { query, content, ...inheritable } = sessionConfigSchema.shape;

function clearable<T extends z.ZodType>(schema: z.ZodOptional<T>) {
  return schema.unwrap().nullable().optional();
}

/**
 * Schema of what a continue may change: every key of SessionConfig. An absent key inherits the parent's value
 * and `null` clears it. max_turns, max_budget_usd, files and content are never inherited.
 */
export const overridesSchema = z.strictObject({
  query,
  content,
  model: clearable(inheritable.model),
  working_dir: clearable(inheritable.working_dir),
  workspace: clearable(inheritable.workspace),
  files: clearable(inheritable.files),
  max_turns: clearable(inheritable.max_turns),
  system_prompt: clearable(inheritable.system_prompt),
  append_system_prompt: clearable(inheritable.append_system_prompt),
  custom_instructions: clearable(inheritable.custom_instructions),
  permission_prompt_tool: clearable(inheritable.permission_prompt_tool),
  allowed_tools: clearable(inheritable.allowed_tools),
  disallowed_tools: clearable(inheritable.disallowed_tools),
  mcp_config: clearable(inheritable.mcp_config),
  output_format: clearable(inheritable.output_format),
  verbose: clearable(inheritable.verbose),
  additional_directories: clearable(inheritable.additional_directories),
  include_partial_messages: clearable(inheritable.include_partial_messages),
  slash_commands: clearable(inheritable.slash_commands),
  permission_mode: clearable(inheritable.permission_mode),
  max_budget_usd: clearable(inheritable.max_budget_usd),
  fallback_model: clearable(inheritable.fallback_model),
  json_schema: clearable(inheritable.json_schema),
  settings: clearable(inheritable.settings),
  setting_sources: clearable(inheritable.setting_sources),
  strict_mcp_config: clearable(inheritable.strict_mcp_config),
  env: clearable(inheritable.env),
  timeouts: clearable(inheritable.timeouts),
  recovery: clearable(inheritable.recovery),
  tools: clearable(inheritable.tools),
  agents: clearable(inheritable.agents),
  agent: clearable(inheritable.agent),
  effort: clearable(inheritable.effort),
  max_thinking_tokens: clearable(inheritable.max_thinking_tokens),
  task_budget: clearable(inheritable.task_budget),
  betas: clearable(inheritable.betas),
  plugins: clearable(inheritable.plugins),
  append_subagent_system_prompt: clearable(inheritable.append_subagent_system_prompt),
  forward_subagent_text: clearable(inheritable.forward_subagent_text),
  include_hook_events: clearable(inheritable.include_hook_events),
  exclude_dynamic_system_prompt_sections: clearable(
    inheritable.exclude_dynamic_system_prompt_sections,
  ),
} satisfies Record<keyof SessionConfig, z.ZodType>);

/** Schema of the event after which a continue begins. */
export const continueAtSchema = z
  .int()
  .positive()
  .describe(
    'Continues after this event of the parent (its `seq`), as if nothing had come after it. It must be an `assistant` or `user` event of the parent itself, with a `uuid`. Default: the end of the parent.',
  );

/**
 * Schema of the ContinueSessionConfig of hld (docs/seed-parity.md): the parent's id and the
 * overrides in one object.
 */
export const continueSessionConfigSchema = overridesSchema.extend({
  ...promptFields,
  parent_session_id: idSchema,
});

/** What a continue may change. */
export type Overrides = z.infer<typeof overridesSchema>;

/** A request to continue a session. */
export type ContinueSessionConfig = z.infer<typeof continueSessionConfigSchema>;

// Each of these limits is meant for one session. If a parent stopped at its limit, a child that inherited the limit
// would stop at once, too. The files of a parent are in the directory already, perhaps changed by the agent, and
// `content` is the prompt, like `query`.
const NEVER_INHERITED: readonly (keyof SessionConfig)[] = [
  'max_turns',
  'max_budget_usd',
  'files',
  'content',
];

// Both keys say what a session works in, so a continue that sets one of them does not inherit the other.
const EITHER: readonly (keyof SessionConfig & keyof Overrides)[] = ['working_dir', 'workspace'];

/** Returns the config of a continue: the parent's config with the overrides applied. Changes neither argument. */
export function inheritConfig(
  parent: SessionConfig | undefined,
  overrides: Overrides,
): SessionConfig {
  const setsEither = EITHER.some((key) => overrides[key] !== undefined && overrides[key] !== null);
  const dropped = [...NEVER_INHERITED, ...(setsEither ? EITHER : [])];
  const inherited = Object.entries(parent ?? {}).filter(
    ([key]) => !dropped.includes(key as keyof SessionConfig),
  );
  // JSON drops a key whose value is undefined, so such a key counts as absent.
  const changes = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const merged = Object.fromEntries([...inherited, ...changes]);
  const present = Object.entries(merged).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(present) as SessionConfig;
}
