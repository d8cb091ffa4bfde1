import { jobSchema, overridesSchema, sessionConfigSchema } from '@baton/core';
import { z } from 'zod';
import { json } from '../answers.ts';
import type { App } from '../app.ts';

/** The JSON Schemas of job and config, for those who enqueue from other languages. */
export function registerSchema(app: App): void {
  const schemas = {
    job: z.toJSONSchema(jobSchema, { io: 'input' }),
    session_config: z.toJSONSchema(sessionConfigSchema, { io: 'input' }),
    overrides: z.toJSONSchema(overridesSchema, { io: 'input' }),
  };
  app.get(
    '/v1/schema',
    {
      schema: {
        operationId: 'getSchemas',
        summary: 'Read the JSON Schemas of job and config',
        tags: ['operations'],
        response: { 200: json('JSON Schemas by name.', z.record(z.string(), z.unknown())) },
      },
    },
    async () => schemas,
  );
}
