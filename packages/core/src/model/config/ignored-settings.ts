// Keys of `settings` that the CLI ignores although it has a flag with that name: the session would run without them,
// and nobody would notice.
import type { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { recordOf } from '../schema/json-parts.ts';

// The ignored key of settings, and the key of a config that has the effect (test/contract/ignored-settings.test.ts).
const IGNORED: Record<string, string> = {
  agents: 'agents',
  tools: 'tools',
  allowedTools: 'allowed_tools',
  disallowedTools: 'disallowed_tools',
  mcpServers: 'mcp_config',
  plugins: 'plugins',
  pluginDirs: 'plugins',
  betas: 'betas',
  effort: 'effort',
  thinking: 'max_thinking_tokens',
  maxThinkingTokens: 'max_thinking_tokens',
  taskBudget: 'task_budget',
  maxTurns: 'max_turns',
  maxBudgetUsd: 'max_budget_usd',
  systemPrompt: 'system_prompt',
  appendSystemPrompt: 'append_system_prompt',
  appendSubagentSystemPrompt: 'append_subagent_system_prompt',
  permissionMode: 'permission_mode',
  permissionPromptTool: 'permission_prompt_tool',
  additionalDirectories: 'additional_directories',
  jsonSchema: 'json_schema',
  settingSources: 'setting_sources',
  strictMcpConfig: 'strict_mcp_config',
  includePartialMessages: 'include_partial_messages',
  includeHookEvents: 'include_hook_events',
  forwardSubagentText: 'forward_subagent_text',
  excludeDynamicSections: 'exclude_dynamic_system_prompt_sections',
};

/** The keys of `settings` that the CLI ignores. */
export const IGNORED_SETTINGS: readonly string[] = Object.keys(IGNORED);

/** The first key of `settings` that the CLI ignores: its field, and what to do. Null if there is none. */
function findIgnored(settings: unknown): { key: string; message: string } | null {
  const key = Object.keys(recordOf(settings)).find((name) => Object.hasOwn(IGNORED, name));
  if (key === undefined) return null;
  const message = `Claude Code ignores this setting; use the key \`${IGNORED[key]}\` of the config instead`;
  return { key, message };
}

/**
 * A function for zod's `superRefine` that refuses a key of `settings` that the CLI ignores, and names the key to use
 * instead. It belongs to requests alone: sessions that are stored already may have such keys, and they still run.
 */
export function checkIgnoredSettings(
  request: { settings?: unknown },
  context: z.RefinementCtx,
): void {
  const found = findIgnored(request.settings);
  if (found === null) return;
  const { key, message } = found;
  context.addIssue({ code: 'custom', path: ['settings', key], message });
}

/** Throws INVALID_REQUEST for a key of `settings` that the CLI ignores. For requests that no schema checks. */
export function refuseIgnoredSettings(request: unknown): void {
  const found = findIgnored(recordOf(request)['settings']);
  if (found === null) return;
  const field = `settings.${found.key}`;
  throw new AppError('INVALID_REQUEST', `${field}: ${found.message}`, { details: { field } });
}
