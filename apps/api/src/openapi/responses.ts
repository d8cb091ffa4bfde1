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

/** The body of every error answer. */
export const errorBodySchema = z.object({
  error: z.object({
    code: errorCodeSchema,
    message: z.string(),
    details: z
      .looseObject({
        field: z.string().optional().describe('The dotted path of the field that is wrong.'),
      })
      .optional(),
  }),
});

named.add(errorBodySchema, { id: 'Error' });
named.add(infoSchema, { id: 'Info' });
named.add(eventViewSchema, { id: 'Event' });

/** The path parameters of a route that has the id of a session. */
export const idParams = z.strictObject({ id: idSchema.describe('The id of a session.') });

/** Describes a JSON answer for the OpenAPI document. */
export function json<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { 'application/json': { schema } } };
}

/** Describes an answer without a body for the OpenAPI document. */
export function nothing(description: string) {
  return { description, type: 'null' };
}

/** Describes a stream of server-sent events for the OpenAPI document. */
export function stream(description: string) {
  return { description, content: { 'text/event-stream': { schema: z.string() } } };
}

/**
 * Describes the error answers of these codes and of INTERNAL: one answer per HTTP status, with the
 * meaning and an example of each code.
 */
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

/** The query parameter `limit`: the page size, with its default and its maximum. */
export function limit(byDefault: number, most: number) {
  return z.coerce
    .number()
    .int()
    .min(1)
    .max(most)
    .default(byDefault)
    .describe(`The most items to return, from 1 to ${most}.`);
}

/** The query parameter `cursor`. */
export const cursor = z
  .string()
  .min(1)
  .exactOptional()
  .describe('The next_cursor of the previous page. Without it, the first page is returned.');
