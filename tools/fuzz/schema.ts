import fc from 'fast-check';

/** The part of JSON Schema that the OpenAPI document uses. */
export interface Schema {
  type?: string;
  $ref?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

/** How to resolve references, and how to make values for which the schema alone says too little. */
export interface SchemaContext {
  resolve(ref: string): Schema;
  /** Returns a generator for a property of this name, or undefined if its schema says enough. */
  special(name: string, schema: Schema): fc.Arbitrary<unknown> | undefined;
}

// A body may have forty optional keys. Each request gets only a few of these keys, because the API
// would refuse almost every request that has all of them.
const KEY_SHARE = 0.12;
const MANY_KEYS = 4;

// One of these two must be there. Requests with both are refused.
const PROMPT_SHARES: Readonly<Record<string, number>> = { query: 0.9, content: 0.08 };

/** Generates values that match a schema. */
export function fromSchema(schema: Schema, context: SchemaContext): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return fromSchema(context.resolve(schema.$ref), context);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => fromSchema(choice, context)));
  switch (schema.type) {
    case 'string':
      return strings(schema);
    case 'integer':
      return fc.integer(bounds(schema, 1));
    case 'number':
      return fc.double({ ...bounds(schema, 0.001), noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}, context), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 4, 4),
      });
    case 'object':
      return objects(schema, context);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objects(schema: Schema, context: SchemaContext): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const share = Math.min(KEY_SHARE, MANY_KEYS / Object.keys(properties).length);
  const isPrompted = 'query' in properties && 'content' in properties;
  const shareOf = (name: string) => (isPrompted ? PROMPT_SHARES[name] : undefined) ?? share;
  const parts = Object.entries(properties).map(([name, property]) => {
    const value = context.special(name, property) ?? fromSchema(property, context);
    const isThere = required.includes(name) ? fc.constant(true) : chance(shareOf(name));
    return fc.tuple(isThere, value).map(([there, made]) => (there ? [[name, made]] : []));
  });
  const more =
    additionalProperties === undefined || additionalProperties === false || parts.length > 0
      ? fc.constant([])
      : fc.array(
          fc.tuple(
            fromSchema(propertyNames ?? { type: 'string' }, context),
            fromSchema(additionalProperties === true ? {} : additionalProperties, context),
          ),
          { maxLength: 3 },
        );
  return fc
    .tuple(fc.tuple(...parts), more)
    .map(([own, others]) => Object.fromEntries([...own.flat(), ...others]));
}

function strings(schema: Schema): fc.Arbitrary<unknown> {
  const { minLength = 0, maxLength = 40, format, pattern } = schema;
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return times();
  if (format === 'date') return times().map((time) => String(time).slice(0, 10));
  if (pattern !== undefined)
    return fc.stringMatching(new RegExp(pattern.replaceAll('\\x00', '\\0')));
  const longest = Math.min(maxLength, 40);
  // One grapheme may be several characters, so the text is cut.
  return fc
    .string({ minLength, maxLength: longest, unit: 'grapheme' })
    .map((text) => text.slice(0, longest).toWellFormed());
}

function times(): fc.Arbitrary<unknown> {
  return fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
}

function bounds(schema: Schema, step: number): { min: number; max: number } {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
  const min = minimum ?? (exclusiveMinimum === undefined ? -1000 : exclusiveMinimum + step);
  const max = maximum ?? (exclusiveMaximum === undefined ? 1e6 : exclusiveMaximum - step);
  return { min, max: Math.max(min, max) };
}

/** Generates true with this probability (0 to 1). */
export function chance(share: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: 1000 }).map((drawn) => drawn <= share * 1000);
}
