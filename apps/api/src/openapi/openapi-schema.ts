import { z } from 'zod';

/** A JSON Schema in the OpenAPI document. */
export type JsonSchema = Record<string, unknown>;

/** The schemas that the document lists by name under `components`. */
export const named = z.registry<{ id: string }>();

const DEFS = '#/$defs/';

/**
 * Converts a zod schema to a JSON Schema, for a request (`input`) or an answer (`output`). Adds the
 * named schemas inside it to `components`, and refers to them.
 */
export function toOpenApiSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
  components: Record<string, JsonSchema>,
): JsonSchema {
  const {
    $schema: _dialect,
    $defs,
    ...root
  } = z.toJSONSchema(schema, {
    io,
    metadata: named,
    override: ({ zodSchema, jsonSchema }) => {
      simplify(jsonSchema, io);
      // zod reads metadata only from the registry in `metadata`, but `describe` writes to the
      // global registry.
      const description = z.globalRegistry.get(zodSchema)?.description;
      if (description !== undefined) jsonSchema.description = description;
    },
  }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
  for (const [id, { id: _id, ...definition }] of Object.entries($defs ?? {})) {
    if (isNamed(id)) components[id] ??= redirect(definition) as JsonSchema;
  }
  const own = named.get(schema)?.id;
  if (own === undefined) return redirect(root) as JsonSchema;
  const { id: _id, ...definition } = root;
  components[own] ??= redirect(definition) as JsonSchema;
  return { $ref: `#/components/schemas/${own}` };
}

function simplify(schema: JsonSchema, io: 'input' | 'output'): void {
  // Later versions may add keys to an answer, so clients must accept unknown keys.
  if (io === 'output' && schema['additionalProperties'] === false) {
    delete schema['additionalProperties'];
  }
  // zod adds these bounds to every integer. They tell the reader nothing.
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  // The format is enough; zod's long patterns would make the page unreadable.
  if (schema['format'] === 'date-time' || schema['format'] === 'uuid') delete schema['pattern'];
}

/**
 * Makes references to named schemas point to `components`. An unnamed reference points to the
 * recursive schema of any JSON value. Such a reference is removed, because a schema without rules
 * accepts any value.
 */
function redirect(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redirect);
  if (typeof value !== 'object' || value === null) return value;
  const ref = (value as JsonSchema)['$ref'];
  if (typeof ref === 'string') {
    const { $ref: _ref, ...siblings } = value as JsonSchema;
    const id = ref.slice(DEFS.length);
    return isNamed(id) ? { $ref: `#/components/schemas/${id}`, ...siblings } : siblings;
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redirect(inner)]));
}

function isNamed(id: string): boolean {
  return named._idmap.has(id);
}
