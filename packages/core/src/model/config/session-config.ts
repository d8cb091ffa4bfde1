import { z } from 'zod';
import { hasVisibleText } from '../schema/visible-text.ts';
import { findDraftProblem } from './json-schema-draft.ts';
import { mcpConfigSchema } from './mcp-config.ts';
import { recoverySchema } from './recovery.ts';

// Linux caps one argument at 128 KiB; long texts travel by file, these stay on argv.
const ARGUMENT_MAX_BYTES = 100 * 1024;

const noNul = /^[^\0]*$/;
const argument = z.string().min(1).max(1024).regex(noNul, 'expected no NUL character');
const text = z.string().regex(noNul, 'expected no NUL character');

function fitsOneArgument(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= ARGUMENT_MAX_BYTES;
}

const tools = z
  .array(argument)
  .refine(fitsOneArgument, `expected at most ${ARGUMENT_MAX_BYTES} bytes in all`);

const absolutePath = z
  .string()
  .max(4096)
  .regex(/^\/[^\0]*$/, 'expected an absolute path');

const deadlineMs = z
  .int()
  .positive()
  .max(30 * 24 * 3600 * 1000);

/** How long a session may take, in milliseconds; what is absent takes the worker's default. */
const timeoutsSchema = z.strictObject({
  startup_ms: deadlineMs.optional().describe('Until the first event of the CLI.'),
  idle_ms: deadlineMs
    .optional()
    .describe(
      'Between two lines, also while the session waits for background tasks or wake-ups after a result line.',
    ),
  wall_clock_ms: deadlineMs.optional().describe('One attempt in all.'),
  exit_ms: deadlineMs
    .optional()
    .describe(
      'From the last result line to the end of the process, once no background task or wake-up is pending.',
    ),
});

/** Modes of `--permission-mode` (claude 2.1.330 `--help`). */
export const PERMISSION_MODES = [
  'acceptEdits',
  'auto',
  'bypassPermissions',
  'dontAsk',
  'manual',
  'plan',
] as const;

/** The settings files that `--setting-sources` takes (claude 2.1.330). */
export const SETTING_SOURCES = ['user', 'project', 'local'] as const;

/** What a session is asked to do: the seed's SessionConfig under its keys, with Baton's additions. */
export const sessionConfigSchema = z.strictObject({
  query: text
    .min(1)
    .refine(hasVisibleText, 'expected a text, got white space alone')
    .describe('The prompt: not of white space alone.'),
  model: argument.optional().describe('Alias or full name of the model.'),
  working_dir: absolutePath
    .optional()
    .describe('Directory of the run, inside an allowed root; absent: one for the conversation.'),
  max_turns: z.int().positive().optional().describe('Limit of agentic turns for this session.'),
  system_prompt: text.min(1).optional(),
  append_system_prompt: text.min(1).optional(),
  custom_instructions: text.min(1).optional().describe('Appended to the appended system prompt.'),
  permission_prompt_tool: argument
    .optional()
    .describe('MCP tool that is asked, mcp__server__tool.'),
  allowed_tools: tools.optional().describe('At most 100 KiB of JSON in all.'),
  disallowed_tools: tools.optional().describe('At most 100 KiB of JSON in all.'),
  mcp_config: mcpConfigSchema.optional(),
  output_format: z
    .enum(['text', 'json', 'stream-json'])
    .optional()
    .describe('Kept as asked; the worker always has the CLI print stream-json, as hld did.'),
  verbose: z
    .boolean()
    .optional()
    .describe('Kept as asked; stream-json in print mode is always verbose.'),
  additional_directories: z.array(absolutePath).max(64).optional(),
  include_partial_messages: z
    .boolean()
    .optional()
    .describe('Whether the answer is streamed while it grows; such lines are not stored.'),
  slash_commands: z
    .boolean()
    .optional()
    .describe(
      'Whether a prompt that begins with a slash may be a slash command of the CLI; default true. With false it is text, and the model sees a space before it.',
    ),
  permission_mode: z.enum(PERMISSION_MODES).optional(),
  max_budget_usd: z.number().positive().optional().describe('US dollars for this session.'),
  fallback_model: argument.optional().describe('Models to fall back to, separated by commas.'),
  json_schema: z
    .record(z.string(), z.json())
    .refine(fitsOneArgument, `expected at most ${ARGUMENT_MAX_BYTES} bytes`)
    .superRefine((schema, context) => {
      const message = findDraftProblem(schema);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .optional()
    .describe(
      'JSON Schema (draft 7) of the answer, which result.structured_output then holds. At most 100 KiB. Claude Code takes no later draft: from zod, convert with the target draft-7.',
    ),
  settings: z.record(z.string(), z.json()).optional().describe("Claude Code's own settings."),
  setting_sources: z
    .array(z.enum(SETTING_SOURCES))
    .max(SETTING_SOURCES.length)
    .optional()
    .describe(
      'Which settings are read beside `settings`: `project` and `local` are files of the repository, with its hooks, skills and CLAUDE.md; `[]`: none. At most what the operator allows, whose choice holds where it is absent.',
    ),
  strict_mcp_config: z
    .boolean()
    .optional()
    .describe(
      'Whether the MCP servers of `mcp_config` alone are started, and none of a `.mcp.json`. Absent: as the operator says.',
    ),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a variable name'), text)
    .optional()
    .describe('Environment of the run. Secret: values are never shown again.'),
  timeouts: timeoutsSchema.optional(),
  recovery: recoverySchema.optional(),
});

/** What a session is asked to do. */
export type SessionConfig = z.infer<typeof sessionConfigSchema>;
