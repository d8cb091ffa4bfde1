import swagger from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { z } from 'zod';
import type { App } from '../app-type.ts';
import { type Access, accessOf } from '../auth/access.ts';
import { withExamples } from '../examples/with-examples.ts';
import { INFO, SERVERS, TAGS } from './openapi-info.ts';
import { type JsonSchema, toOpenApiSchema } from './openapi-schema.ts';
import { failures } from './responses.ts';

const SCHEMES = {
  key: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'baton_<id>_<secret>',
    description:
      'An API key with scope read, write or admin. Each scope includes the scopes before it. An API that runs with AUTH=none, which only its own machine can call, asks for no key.',
  },
} as const;

/**
 * Serves the OpenAPI document at /openapi.json. It describes all routes that are registered
 * afterwards.
 */
export async function registerOpenApi(app: App): Promise<void> {
  const components: Record<string, JsonSchema> = {};
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      servers: SERVERS,
      tags: TAGS,
      components: { securitySchemes: SCHEMES },
    },
    transform: ({ schema, url, route }) => {
      const method = [route.method].flat()[0] ?? 'GET';
      const limited = withAccess(withLimits(schema, method), accessOf(method, url));
      return withPathName(describe(limited, components), url);
    },
    transformObject: (document) =>
      'openapiObject' in document
        ? {
            ...document.openapiObject,
            paths: withAllExamples(document.openapiObject.paths),
            components: { schemas: components, securitySchemes: SCHEMES },
          }
        : document.swaggerObject,
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

// A route calls what its path ends with `*`. The document calls it `path`.
function withPathName(schema: FastifySchema, url: string): { schema: FastifySchema; url: string } {
  const { params, ...rest } = schema as FastifySchema & { params?: JsonSchema };
  if (rest.hide || !url.endsWith('/*') || params === undefined) return { schema, url };
  const rename = (name: string) => (name === '*' ? 'path' : name);
  const properties = Object.entries(params['properties'] ?? {}).map(([name, one]) => [
    rename(name),
    one,
  ]);
  const required = ((params['required'] ?? []) as string[]).map(rename);
  const renamed = { ...params, properties: Object.fromEntries(properties), required };
  return { schema: { ...rest, params: renamed }, url: url.replace(/\*$/, ':path') };
}

function withAllExamples(paths: Record<string, object | undefined> = {}) {
  const entries = Object.entries(paths).map(([path, item = {}]) => {
    const operations = Object.entries(item as Record<string, object>);
    return [path, Object.fromEntries(operations.map(([key, one]) => [key, withExamples(one)]))];
  });
  return Object.fromEntries(entries);
}

/**
 * Adds the errors of request bodies to every route that can receive a body, even if it ignores the
 * body.
 */
function withLimits(schema: FastifySchema, method: string): FastifySchema {
  if (schema?.hide || method === 'GET' || method === 'HEAD') return schema;
  return {
    ...schema,
    response: {
      ...failures('INVALID_REQUEST', 'PAYLOAD_TOO_LARGE', 'CONTENT_ENCODING_NOT_SUPPORTED'),
      ...(schema.response as object),
    },
  };
}

/**
 * Adds the required API key, and the errors of a refused key, to the schema of a route that needs a
 * scope.
 */
function withAccess(schema: FastifySchema, access: Access): FastifySchema {
  if (schema?.hide || access === 'public') return schema;
  const refusals = failures('UNAUTHENTICATED', 'FORBIDDEN', 'UNAVAILABLE');
  return {
    ...schema,
    security: [{ key: [access] }],
    response: { ...refusals, ...(schema.response as object) },
  };
}

/** Converts the zod schemas in a route's schema to JSON Schemas. */
function describe(schema: FastifySchema, components: Record<string, JsonSchema>): FastifySchema {
  const described = Object.entries(schema ?? { hide: true }).map(([key, part]) => {
    if (part instanceof z.ZodType) return [key, toOpenApiSchema(part, 'input', components)];
    if (key === 'response') return [key, describeAnswers(part, components)];
    return [key, part];
  });
  return Object.fromEntries(described);
}

function describeAnswers(part: unknown, components: Record<string, JsonSchema>): unknown {
  if (part instanceof z.ZodType) return toOpenApiSchema(part, 'output', components);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, inner]) => [
      key,
      key === 'examples' ? inner : describeAnswers(inner, components),
    ]),
  );
}
