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
  job: jobSchema.describe(
    'The payload of a job in the BullMQ queue `sessions` with the prefix `baton`.',
  ),
  'session-config': sessionConfigSchema.describe('What a session does, and how.'),
  'continue-session-config': continueSessionConfigSchema.describe(
    "A request to continue a session: the parent, the prompt, and changes to the parent's config.",
  ),
  'session-options': sessionOptionsSchema.describe(
    'Options that a caller may set in addition to the config.',
  ),
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
 * Returns the published schemas by name, as JSON Schema (draft 2020-12). They are generated from the zod schemas
 * that Baton parses with, so they describe what a producer may write and what a reader gets.
 */
export function jsonSchemas(): Record<SchemaName, JsonSchema> {
  const entries = Object.entries(PUBLISHED).map(([name, schema]) => [name, toJsonSchema(schema)]);
  return Object.fromEntries(entries) as Record<SchemaName, JsonSchema>;
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', override: makePortable });
}

// "\0" is a JavaScript escape; every dialect of regular expressions knows "\x00".
function makePortable({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.pattern) jsonSchema.pattern = jsonSchema.pattern.replaceAll('\\0', '\\x00');
}
