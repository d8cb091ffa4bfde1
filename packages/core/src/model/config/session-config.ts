import { z } from 'zod';
import { contentSchema, requestContentSchema } from '../content/content.ts';
import { hasVisibleText } from '../schema/visible-text.ts';
import { ARGUMENT_MAX_BYTES, argument, fitsOneArgument, text, toolList } from './arguments.ts';
import { cliOptionFields } from './cli-options.ts';
import { fileRefsSchema } from './file-refs.ts';
import { findDraftProblem } from './json-schema-draft.ts';
import { mcpConfigSchema } from './mcp-config.ts';
import { PERMISSION_MODES } from './permission-modes.ts';
import { recoverySchema } from './recovery.ts';
import { absolutePath, workspaceConfigSchema } from './workspace-config.ts';

const deadlineMs = z
  .int()
  .positive()
  .max(30 * 24 * 3600 * 1000);

/** Schema of the deadlines of a session, in milliseconds. If a deadline is absent, the worker's default applies. */
const timeoutsSchema = z.strictObject({
  setup_ms: deadlineMs
    .optional()
    .describe('How long the setup commands of the workspace may take together, in milliseconds.'),
  startup_ms: deadlineMs
    .optional()
    .describe('How long the CLI may take to print its first event, in milliseconds.'),
  idle_ms: deadlineMs
    .optional()
    .describe(
      'How long the CLI may print nothing, in milliseconds. This also limits the wait for background tasks and wake-ups after a result line.',
    ),
  wall_clock_ms: deadlineMs
    .optional()
    .describe('How long one attempt may take in total, in milliseconds.'),
  exit_ms: deadlineMs
    .optional()
    .describe(
      'How long the CLI may take to exit after its last result line, in milliseconds. The time starts once no background task or wake-up is pending.',
    ),
});

/** The values of `--setting-sources` (claude 2.1.330). */
export const SETTING_SOURCES = ['user', 'project', 'local'] as const;

/** Schema of what a session is asked to do: the seed's SessionConfig with its keys, and Baton's additions. */
export const sessionConfigSchema = z.strictObject({
  query: text
    .min(1)
    .refine(hasVisibleText, 'expected visible text, got only white space')
    .describe('The prompt. It must contain visible text.'),
  content: contentSchema.optional(),
  model: argument.optional().describe('Alias or full name of the model.'),
  working_dir: absolutePath
    .optional()
    .describe(
      'Directory in which the session runs; it must lie inside an allowed root. Default: a directory of the conversation.',
    ),
  workspace: workspaceConfigSchema.optional(),
  files: fileRefsSchema.optional(),
  max_turns: z
    .int()
    .positive()
    .optional()
    .describe('Maximum number of agentic turns of this session.'),
  system_prompt: text.min(1).optional().describe('Replaces the system prompt of the CLI.'),
  append_system_prompt: text
    .min(1)
    .optional()
    .describe('Text that is added after the system prompt.'),
  custom_instructions: text
    .min(1)
    .optional()
    .describe('Text that is added after `append_system_prompt`.'),
  permission_prompt_tool: argument
    .optional()
    .describe('MCP tool that decides on permissions, as `mcp__server__tool`.'),
  allowed_tools: toolList
    .optional()
    .describe('Tools that need no permission; at most 100 KiB of JSON.'),
  disallowed_tools: toolList
    .optional()
    .describe('Tools that the session may not use; at most 100 KiB of JSON.'),
  mcp_config: mcpConfigSchema.optional(),
  output_format: z
    .enum(['text', 'json', 'stream-json'])
    .optional()
    .describe('Stored but without effect: the worker always runs the CLI with stream-json.'),
  verbose: z
    .boolean()
    .optional()
    .describe('Stored but without effect: stream-json in print mode is always verbose.'),
  additional_directories: z
    .array(absolutePath)
    .max(64)
    .optional()
    .describe('More directories that the session may use; each must lie inside an allowed root.'),
  include_partial_messages: z
    .boolean()
    .optional()
    .describe(
      'Whether readers receive an answer in parts while the model writes it. Baton does not store the parts.',
    ),
  slash_commands: z
    .boolean()
    .optional()
    .describe(
      'Whether a prompt that begins with a slash may run a slash command of the CLI; default true. With `false` the prompt is plain text, and the model sees a space before it.',
    ),
  permission_mode: z
    .enum(PERMISSION_MODES)
    .optional()
    .describe('Permission mode of the CLI; the operator limits the choice.'),
  max_budget_usd: z
    .number()
    .positive()
    .optional()
    .describe('Maximum cost of this session in US dollars.'),
  fallback_model: argument
    .optional()
    .describe('Models that the CLI falls back to, separated by commas.'),
  json_schema: z
    .record(z.string(), z.json())
    .refine(fitsOneArgument, `expected at most ${ARGUMENT_MAX_BYTES} bytes`)
    .superRefine((schema, context) => {
      const message = findDraftProblem(schema);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .optional()
    .describe(
      'JSON Schema (draft 7) of the answer, at most 100 KiB. `result.structured_output` holds the answer. Claude Code accepts no later draft; a schema made with zod needs the target `draft-7`.',
    ),
  settings: z
    .record(z.string(), z.json())
    .optional()
    .describe('Settings of Claude Code, as in a settings file.'),
  setting_sources: z
    .array(z.enum(SETTING_SOURCES))
    .max(SETTING_SOURCES.length)
    .optional()
    .describe(
      'Settings files that the CLI reads in addition to `settings`; `[]` means none. `project` and `local` are files of the repository and bring its hooks, skills and CLAUDE.md. The operator limits the choice and sets the default.',
    ),
  strict_mcp_config: z
    .boolean()
    .optional()
    .describe(
      "Whether the CLI starts only the MCP servers of `mcp_config` and ignores a `.mcp.json`. Default: the operator's choice.",
    ),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a variable name'), text)
    .optional()
    .describe(
      'Environment variables of the session. The values are secret: Baton never returns them.',
    ),
  timeouts: timeoutsSchema.optional(),
  recovery: recoverySchema.optional(),
  ...cliOptionFields,
});

/** What a session is asked to do. */
export type SessionConfig = z.infer<typeof sessionConfigSchema>;

/** The two keys of a request that say what is asked: exactly one of them is given. */
export const promptFields = {
  query: sessionConfigSchema.shape.query
    .optional()
    .describe(
      'The prompt: a text with visible characters. Either `query` or `content` is required.',
    ),
  content: requestContentSchema.optional(),
};

/** Schema of a config as a request brings it: with either `query` or `content`. */
export const requestConfigSchema = sessionConfigSchema.extend(promptFields);

/** A config as a request brings it. */
export type RequestConfig = z.infer<typeof requestConfigSchema>;
