import {
  codeFacts,
  type ErrorCode,
  errorCodeSchema,
  eventViewSchema,
  idSchema,
  infoSchema,
} from '@baton/core/internal';
import { z } from 'zod';
import { errorExample } from '../examples/errors.ts';
import type { Examples } from '../examples/example.ts';
import { named } from './openapi-schema.ts';

/** The body of every failure. */
export const errorBodySchema = z.object({
  error: z.object({
    code: errorCodeSchema,
    message: z.string(),
    details: z
      .looseObject({ field: z.string().optional().describe('Dotted path of what is wrong.') })
      .optional(),
  }),
});

named.add(errorBodySchema, { id: 'Error' });
named.add(infoSchema, { id: 'Info' });
named.add(eventViewSchema, { id: 'Event' });

/** An id in the path. */
export const idParams = z.strictObject({ id: idSchema.describe('The id of a session.') });

/** A JSON answer as the OpenAPI document tells it. */
export function json<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { 'application/json': { schema } } };
}

/** An answer without a body, as the OpenAPI document tells it. */
export function nothing(description: string) {
  return { description, type: 'null' };
}

/** A stream of server-sent events as the OpenAPI document tells it. */
export function stream(description: string) {
  return { description, content: { 'text/event-stream': { schema: z.string() } } };
}

/** The answers that tell of these codes, one for each status, with what each code means and an example of it. */
export function failures(...codes: ErrorCode[]): Record<number, ReturnType<typeof json>> {
  const byStatus = Map.groupBy(
    [...codes, 'INTERNAL'] as const,
    (code) => codeFacts(code).http ?? 500,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, statusCodes]) => [status, failure([...new Set(statusCodes)])]),
  );
}

function failure(codes: readonly ErrorCode[]) {
  const description = codes.map((code) => `${code}: ${codeFacts(code).description}`).join(' ');
  const examples: Examples = Object.fromEntries(codes.map((code) => [code, errorExample(code)]));
  const media = { schema: errorBodySchema, examples };
  return { description, content: { 'application/json': media } };
}

/** The page size of a query. */
export function limit(byDefault: number, most: number) {
  return z.coerce
    .number()
    .int()
    .min(1)
    .max(most)
    .default(byDefault)
    .describe(`How many at most; up to ${most}.`);
}

/** The cursor of a query. */
export const cursor = z
  .string()
  .min(1)
  .exactOptional()
  .describe('The next_cursor of the answer before; absent: from the start.');
