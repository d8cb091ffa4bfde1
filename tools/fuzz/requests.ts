import { defined } from '@baton/core/internal';
import fc from 'fast-check';
import { hostileText, type Mutation, mutated, mutations, rawBodies } from './hostile.ts';
import { chance, fromSchema, type Schema } from './schema.ts';
import { type Pick, pick, special } from './special.ts';

/** One request. Its picks are replaced by values of earlier answers when it is sent. */
export interface FuzzRequest {
  /**
   * The operation of the document, such as `get /v1/x`; absent if the request addresses no
   * operation.
   */
  operation?: string;
  method: string;
  /** The pieces of the path. Each is a text or a parameter. */
  path: (string | Pick)[];
  query: [string, string | Pick][];
  headers: Record<string, string>;
  body?: { json: unknown } | { raw: string; type: string };
  /** Whether the request matches the document, as far as a schema can tell. */
  isValid: boolean;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

/** The parts of an OpenAPI document from which requests are made. */
export interface OpenApi {
  paths: Record<
    string,
    Record<
      string,
      {
        parameters?: Parameter[];
        requestBody?: { content: Record<string, { schema: Schema }> };
        responses: Record<string, { content?: Record<string, { schema: object }> }>;
      }
    >
  >;
  components: { schemas: Record<string, Schema> };
}

type Operation = OpenApi['paths'][string][string];

// Requests that launch, continue or stop sessions are more frequent than requests that read.
const WEIGHTS: Record<string, number> = {
  'post /v1/sessions': 6,
  'post /v1/sessions/{id}/continue': 5,
  'post /v1/sessions/{id}/messages': 3,
  'post /v1/sessions/{id}/cancel': 2,
  'post /v1/sessions/{id}/interrupt': 2,
};

/**
 * Generates requests from a document. Most requests match the document, some nearly match the
 * document, and some address no operation.
 */
export function requests(document: OpenApi): fc.Arbitrary<FuzzRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      weight: WEIGHTS[`${method} ${path}`] ?? 1,
      arbitrary: valid(document, method, path, operation),
    })),
  );
  const fitting = fc.oneof(...operations);
  return fc.oneof(
    { weight: 6, arbitrary: fitting },
    { weight: 4, arbitrary: fc.tuple(fitting, spoilings()).map(([one, spoil]) => spoil(one)) },
    { weight: 1, arbitrary: wild(Object.keys(document.paths)) },
  );
}

function valid(
  document: OpenApi,
  method: string,
  path: string,
  { parameters = [], requestBody }: Operation,
): fc.Arbitrary<FuzzRequest> {
  const context = {
    special,
    resolve: (ref: string) => document.components.schemas[ref.split('/').at(-1) ?? ''] ?? {},
  };
  const valuesOf = (name: string, schema: Schema) =>
    special(name, schema) ?? fromSchema(schema, context);
  const pieces = path.split(/(\{\w+\})/).map((piece) => {
    const name = /^\{(\w+)\}$/.exec(piece)?.[1];
    if (name === undefined) return fc.constant(piece);
    const schema = parameters.find((one) => one.in === 'path' && one.name === name)?.schema ?? {};
    return ofPath(path, name) ?? valuesOf(name, schema).map(String);
  });
  const optional = (position: Parameter['in'], share: number) =>
    fc.tuple(
      ...parameters
        .filter((one) => one.in === position)
        .map(({ name, required, schema }) =>
          fc
            .tuple(required ? fc.constant(true) : chance(share), valuesOf(name, schema))
            .map(([there, value]): [string, unknown][] => (there ? [[name, value]] : [])),
        ),
    );
  const schema = requestBody?.content['application/json']?.schema;
  return fc
    .record({
      path: fc.tuple(...pieces),
      query: optional('query', 0.3),
      headers: optional('header', 0.3),
      accept: fc.constantFrom('*/*', '*/*', 'text/event-stream', 'application/json'),
      json: schema ? fromSchema(schema, context) : fc.constant(undefined),
    })
    .map(({ path: made, query, headers, accept, json }) => ({
      operation: `${method} ${path}`,
      method: method.toUpperCase(),
      path: made,
      query: query.flat().map(([name, value]) => [name, isPick(value) ? value : textOf(value)]),
      headers: { ...Object.fromEntries(headers.flat().map(sendable)), accept },
      ...defined({ body: json === undefined ? undefined : { json } }),
      isValid: true,
    }));
}

// Node.js sends no header with other characters.
function sendable([name, value]: [string, unknown]): [string, string] {
  return [name, String(value).replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '')];
}

function ofPath(path: string, name: string): fc.Arbitrary<Pick> | undefined {
  if (name === 'delivery_id') return pick('delivery');
  if (name === 'message_id') return pick('message');
  if (name !== 'id') return undefined;
  if (path.startsWith('/v1/schedules')) return pick('schedule');
  return pick(path.startsWith('/v1/webhooks') ? 'webhook' : 'session');
}

type Spoiling = (request: FuzzRequest) => FuzzRequest;

/** Generates changes that make a matching request invalid. */
function spoilings(): fc.Arbitrary<Spoiling> {
  const ofBody = mutations().map(
    (mutation: Mutation): Spoiling =>
      (one) =>
        one.body && 'json' in one.body
          ? { ...one, isValid: false, body: { json: mutated(one.body.json, mutation) } }
          : one,
  );
  const raw = rawBodies().map(
    (body): Spoiling =>
      (one) => ({ ...one, isValid: false, body }),
  );
  const ofQuery = fc
    .tuple(fc.constantFrom('limit', 'cursor', 'after', 'include', 'tag', 'x'), hostileText())
    .map(
      ([name, value]): Spoiling =>
        (one) => ({ ...one, isValid: false, query: [...one.query, [name, value]] }),
    );
  const ofPathPiece = hostileText().map(
    (text): Spoiling =>
      (one) => ({
        ...one,
        isValid: false,
        path: one.path.map((piece) => (isPick(piece) ? text : piece)),
      }),
  );
  return fc.oneof({ weight: 5, arbitrary: ofBody }, raw, ofQuery, ofPathPiece);
}

/** Generates requests that address no operation: other methods, or other addresses. */
function wild(paths: readonly string[]): fc.Arbitrary<FuzzRequest> {
  const known = fc.constantFrom(...paths, '/queues/', '/queues/api/queues', '/sessions', '/docs/');
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'),
      path: fc.oneof(
        known.map((path) => [path]),
        hostileText().map((text) => ['/', text]),
      ),
      body: fc.option(rawBodies(), { nil: undefined }),
    })
    .map(({ method, path, body }) => ({
      method,
      path,
      query: [],
      headers: {},
      ...defined({ body }),
      isValid: false,
    }));
}

function isPick(value: unknown): value is Pick {
  return typeof value === 'object' && value !== null && '$pick' in value;
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
