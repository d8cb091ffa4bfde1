import { jsonSchemas } from '@baton/core/internal';
import { z } from 'zod';
import type { App } from '../app-type.ts';
import { json } from '../openapi/responses.ts';

/** The JSON Schemas of `docs/schema`, for those who enqueue from other languages. */
export function registerSchema(app: App): void {
  const schemas = Object.fromEntries(
    Object.entries(jsonSchemas()).map(([name, schema]) => [name.replaceAll('-', '_'), schema]),
  );
  app.get(
    '/v1/schema',
    {
      schema: {
        operationId: 'getSchemas',
        summary: 'Read the JSON Schemas of jobs, configs and answers',
        tags: ['operations'],
        response: { 200: json('JSON Schemas by name.', z.record(z.string(), z.unknown())) },
      },
    },
    async () => schemas,
  );
}
