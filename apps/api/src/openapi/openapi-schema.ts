import { z } from 'zod';

/** JSON Schema as the OpenAPI document holds it. */
export type JsonSchema = Record<string, unknown>;

/** Schemas that stand under a name of their own in the document. */
export const named = z.registry<{ id: string }>();

const DEFS = '#/$defs/';

/**
 * The JSON Schema of a zod schema, for what comes in or for what goes out. Named schemas inside it are
 * put into `components` and referred to.
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
      // With a registry of our own, zod does not look where `describe` writes.
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
  // An answer may have more keys than a client knows: additions are free.
  if (io === 'output' && schema['additionalProperties'] === false) {
    delete schema['additionalProperties'];
  }
  // Every JSON number ends there, and no reader counts so far.
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  // The format says it; zod's patterns for it only make the page unreadable.
  if (schema['format'] === 'date-time' || schema['format'] === 'uuid') delete schema['pattern'];
}

/** References to named schemas point to the components; the others are of free JSON, which is anything. */
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
