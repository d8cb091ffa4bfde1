import { jsonSchemas } from '@baton/core/internal';
import { z } from 'zod';
import type { App } from '../app-type.ts';
import { json } from '../openapi/responses.ts';

/** Serves the JSON Schemas of `docs/schema`, for producers that are written in other languages. */
export function registerSchema(app: App): void {
  const schemas = Object.fromEntries(
    Object.entries(jsonSchemas()).map(([name, schema]) => [name.replaceAll('-', '_'), schema]),
  );
  app.get(
    '/v1/schema',
    {
      schema: {
        operationId: 'getSchemas',
        summary: 'Get the JSON Schemas of jobs, configs and answers',
        tags: ['operations'],
        response: { 200: json('The JSON Schemas by name.', z.record(z.string(), z.unknown())) },
      },
    },
    async () => schemas,
  );
}
