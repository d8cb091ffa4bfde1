import { z } from 'zod';
import { continueSessionConfigSchema } from '../config/continue-config.ts';
import { mcpConfigSchema } from '../config/mcp-config.ts';
import { sessionConfigSchema } from '../config/session-config.ts';
import { sessionOptionsSchema } from '../config/session-options.ts';
import { eventViewSchema } from '../session/event.ts';
import { infoSchema } from '../session/info.ts';
import { resultSchema } from '../session/result.ts';
import { continueJobSchema, jobSchema, launchJobSchema } from './job.ts';

const PUBLISHED = {
  'launch-job': launchJobSchema.describe('The payload of a BullMQ job that launches a session.'),
  'continue-job': continueJobSchema.describe(
    'The payload of a BullMQ job that continues a session.',
  ),
  job: jobSchema.describe('The payload of a job in the BullMQ queue `sessions`, prefix `baton`.'),
  'session-config': sessionConfigSchema.describe('What a session is asked to do.'),
  'continue-session-config': continueSessionConfigSchema.describe(
    'What a continue asks: the parent, the prompt, and what to change of its config.',
  ),
  'session-options': sessionOptionsSchema.describe('What a caller may say beside the config.'),
  'mcp-config': mcpConfigSchema.describe('MCP servers by name.'),
  info: infoSchema.describe('A session as queries return it.'),
  result: resultSchema.describe("Claude's final result event."),
  event: eventViewSchema.describe('One line of stream-json as queries return it.'),
} as const satisfies Record<string, z.ZodType>;

/** A JSON Schema document. */
export type JsonSchema = Record<string, unknown>;

/** The name of a published schema. */
export type SchemaName = keyof typeof PUBLISHED;

/**
 * The published schemas by name, as JSON Schema (draft 2020-12), made from the zod schemas that parse: what
 * a producer may write, what a reader gets.
 */
export function jsonSchemas(): Record<SchemaName, JsonSchema> {
  const entries = Object.entries(PUBLISHED).map(([name, schema]) => [name, toJsonSchema(schema)]);
  return Object.fromEntries(entries) as Record<SchemaName, JsonSchema>;
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', override: makePortable });
}

// "\0" is JavaScript's; "\x00" says the same in every dialect of regular expressions.
function makePortable({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.pattern) jsonSchema.pattern = jsonSchema.pattern.replaceAll('\\0', '\\x00');
}
