import { AppError, parseInput } from '@baton/core/internal';
import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';

/** Parses each part of a request with the zod schema that its route names. Throws INVALID_REQUEST, which names the field. */
export const parseParts: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data) => {
    try {
      if (httpPart === 'body' && data === undefined) throw noBody();
      return { value: parseInput(schema, data) };
    } catch (error) {
      return { error: error as Error };
    }
  };

function noBody(): AppError {
  return new AppError('INVALID_REQUEST', 'expected a JSON body, got none', {
    details: { field: '' },
  });
}
