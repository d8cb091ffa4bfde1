import { defined, type Result, resultSchema, type Usage, usageSchema } from '@baton/core/internal';
import type { z } from 'zod';
import { asCount, asList, asObject, asString } from './fields.ts';
import { asCost } from './plausible-cost.ts';

const USAGE_KEYS = usageSchema.keyof().options;

const COST_KEYS = ['cost_usd', 'total_cost', 'total_cost_usd'] as const;

type ModelUsages = NonNullable<Result['modelUsage']>;

/**
 * Returns the result of a result line, or null if neither `subtype` nor `is_error` says how the
 * turn ended. An optional field of an unexpected type is left out, and so is a cost that cannot be
 * true.
 */
export function readResult(body: Record<string, unknown>): Result | null {
  const isError = readIsError(body);
  if (isError === undefined) return null;
  const { type, subtype, is_error, usage, modelUsage, errors, ...plain } = resultSchema.shape;
  const valid = getValidFields(plain, body);
  for (const key of COST_KEYS) if (asCost(valid[key]) === undefined) delete valid[key];
  return {
    ...valid,
    type: 'result',
    subtype: asString(body['subtype']) ?? 'unknown',
    is_error: isError,
    ...defined({
      usage: readUsage(body['usage']),
      modelUsage: readModelUsage(body['modelUsage']),
      errors: readTexts(body['errors']),
    }),
  };
}

// Every subtype except `success` is an error, even if the line says `is_error: false`.
function readIsError({ subtype, is_error }: Record<string, unknown>): boolean | undefined {
  if (typeof subtype === 'string' && subtype !== 'success') return true;
  if (is_error === true || is_error === 'true') return true;
  if (subtype === 'success') return isTruthy(is_error);
  return is_error === false || is_error === 'false' ? false : undefined;
}

// With the subtype `success`, an `is_error` of 1 or "True" means true as well.
function isTruthy(value: unknown): boolean {
  if (typeof value !== 'string') return Boolean(value);
  return !['', '0', 'false', 'null'].includes(value.trim().toLowerCase());
}

/** Returns the token counts that are understood, or undefined if the value is not an object. */
export function readUsage(value: unknown): Usage | undefined {
  const object = asObject(value);
  if (object === undefined) return undefined;
  // Read without a schema for speed, because nearly every line has a usage.
  const usage: Usage = {};
  for (const key of USAGE_KEYS) {
    const tokens = asCount(object[key]);
    if (tokens !== undefined) usage[key] = tokens;
  }
  return usage;
}

/**
 * Returns the token counts by model, with the fields that are understood, or undefined if the value
 * is not an object.
 */
export function readModelUsage(value: unknown): ModelUsages | undefined {
  const object = asObject(value);
  if (object === undefined) return undefined;
  const fields = resultSchema.shape.modelUsage.unwrap().valueType.shape;
  return Object.fromEntries(
    Object.entries(object).flatMap(([model, counts]) => {
      const one = asObject(counts);
      return one === undefined ? [] : [[model, getValidFields(fields, one)]];
    }),
  );
}

function readTexts(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return asList(value).map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
}

type Parsed<S extends Record<string, z.ZodType>> = { [K in keyof S]: z.infer<S[K]> };

function getValidFields<S extends Record<string, z.ZodType>>(
  shape: S,
  body: Record<string, unknown>,
): Partial<Parsed<S>> {
  const valid: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(shape)) {
    if (body[key] === undefined) continue;
    const parsed = schema.safeParse(body[key]);
    if (parsed.success) valid[key] = parsed.data;
  }
  return valid as Partial<Parsed<S>>;
}
