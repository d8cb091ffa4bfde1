import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from '@readme/openapi-parser';
import { describe, expect } from 'vitest';
import { test } from '../../../support/api.ts';
import { breakingChanges } from '../../../support/breaking-changes.ts';

/** The published document. `vitest -u` replaces it, unless the new document breaks a caller. */
const PUBLISHED = join(import.meta.dirname, '../../../../docs/openapi.json');

const CALLS = {
  'post /v1/sessions': [202, 400, 404, 409, 410, 413, 422, 429, 500, 503],
  'post /v1/sessions/bulk': [200, 400, 413, 500, 503],
  'post /v1/sessions/{id}/continue': [202, 400, 404, 409, 410, 413, 422, 429, 500, 503],
  'post /v1/sessions/cancel': [200, 400, 413, 500, 503],
  'post /v1/sessions/{id}/rerun': [202, 400, 404, 409, 410, 413, 422, 429, 500, 503],
  'get /v1/sessions/{id}': [200, 400, 404, 500, 503],
  'get /v1/sessions': [200, 400, 500, 503],
  'post /v1/sessions/{id}/cancel': [202, 400, 404, 409, 500, 503],
  'post /v1/sessions/{id}/interrupt': [202, 400, 404, 409, 500, 503],
  'post /v1/sessions/{id}/messages': [202, 400, 404, 409, 410, 413, 422, 429, 500, 503],
  'get /v1/sessions/{id}/messages': [200, 400, 404, 500, 503],
  'delete /v1/sessions/{id}/messages/{message_id}': [200, 400, 404, 409, 500, 503],
  'get /v1/sessions/{id}/events': [200, 400, 404, 500, 503],
  'get /v1/sessions/{id}/conversation': [200, 400, 404, 500, 503],
  'get /v1/sessions/{id}/transcript': [200, 400, 404, 500, 503],
  'get /v1/sessions/{id}/transcript/files': [200, 400, 404, 500, 503],
  'get /v1/sessions/{id}/files': [200, 400, 404, 500, 503],
  'get /v1/sessions/{id}/files/{path}': [200, 206, 304, 400, 404, 416, 500, 503],
  'get /v1/sessions/{id}/diff': [200, 400, 404, 500, 503],
  'get /v1/sessions/{id}/workspace.tar.gz': [200, 400, 404, 500, 503],
  'get /v1/limits': [200, 500, 503],
  'get /v1/limits/{kind}/{name}': [200, 400, 404, 500, 503],
  'put /v1/limits/{kind}/{name}': [200, 400, 500, 503],
  'delete /v1/limits/{kind}/{name}': [204, 400, 404, 500, 503],
  'get /v1/usage': [200, 400, 500, 503],
  'delete /v1/sessions/{id}': [202, 204, 400, 404, 409, 500, 503],
  'get /v1/events': [200, 400, 500],
  'post /v1/files': [201, 400, 413, 429, 500, 503],
  'get /v1/files/{id}': [200, 400, 404, 500, 503],
  'get /v1/files/{id}/content': [200, 400, 404, 500, 503],
  'delete /v1/files/{id}': [204, 400, 404, 409, 500, 503],
  'post /v1/schedules': [201, 400, 404, 413, 422, 429, 500, 503],
  'get /v1/schedules': [200, 400, 500, 503],
  'get /v1/schedules/{id}': [200, 400, 404, 500, 503],
  'patch /v1/schedules/{id}': [200, 400, 404, 413, 422, 500, 503],
  'delete /v1/schedules/{id}': [200, 400, 404, 500, 503],
  'post /v1/webhooks': [201, 400, 422, 429, 500, 503],
  'get /v1/webhooks': [200, 500, 503],
  'get /v1/webhooks/{id}': [200, 400, 404, 500, 503],
  'patch /v1/webhooks/{id}': [200, 400, 404, 422, 500, 503],
  'delete /v1/webhooks/{id}': [200, 400, 404, 500, 503],
  'get /v1/webhooks/{id}/deliveries': [200, 400, 404, 500, 503],
  'post /v1/webhooks/{id}/deliveries/{delivery_id}/redeliver': [202, 400, 404, 409, 500, 503],
  'get /v1/schema': [200],
  'get /.well-known/jwks.json': [200],
  'get /healthz': [200],
  'get /readyz': [200, 500, 503],
};

// The content types of the calls that can answer with something other than plain JSON.
const STREAMS: Record<string, string[]> = {
  'get /v1/sessions/{id}/events': ['application/json', 'text/event-stream'],
  'get /v1/events': ['text/event-stream'],
  'get /v1/sessions/{id}/files/{path}': ['text/plain', 'application/octet-stream'],
  'get /v1/sessions/{id}/diff': ['application/json', 'text/plain'],
  'get /v1/sessions/{id}/workspace.tar.gz': ['application/gzip'],
  'get /v1/sessions/{id}/transcript': ['application/x-ndjson', 'application/octet-stream'],
  'get /v1/files/{id}/content': ['application/octet-stream'],
};

const WITH_CONTENT = ['200', '206'];
// Answers with these statuses have no body.
const EMPTY = ['204', '304', '416'];

interface Operation {
  security?: { key: string[] }[];
  operationId: string;
  tags: string[];
  summary: string;
  responses: Record<string, { description: string; content?: object }>;
}

const PUBLIC = ['get /.well-known/jwks.json', 'get /healthz', 'get /readyz'];
// Every call with a key may answer with these codes: no valid key, a scope that is too small, an
// internal error, or a store that is away.
const OF_KEYS = [401, 403, 500, 503];

// Every call that may have a body may answer with these codes: the body is invalid, too large, or
// compressed.
const OF_BODIES = [400, 413, 415];

function answersOf(call: string, codes: readonly number[]): string[] {
  const all = new Set([
    ...codes,
    ...(PUBLIC.includes(call) ? [] : OF_KEYS),
    ...(call.startsWith('get ') ? [] : OF_BODIES),
  ]);
  return [...all].sort((a, b) => a - b).map(String);
}

describe('the OpenAPI document', () => {
  test('equals the published document, and a change to it breaks no caller', async ({ api }) => {
    const document = (await api.app.inject({ url: '/openapi.json' })).json();
    const before = existsSync(PUBLISHED) ? JSON.parse(readFileSync(PUBLISHED, 'utf8')) : {};
    expect(breakingChanges(before, document)).toEqual([]);
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(PUBLISHED);
  });

  test('is valid', async ({ api }) => {
    const document = (await api.app.inject({ url: '/openapi.json' })).json();
    expect(await validate(document)).toMatchObject({ valid: true, warnings: [] });
  });

  test('lists every call with an id, a summary and the schema of each response', async ({
    api,
  }) => {
    const document = (await api.app.inject({ url: '/openapi.json' })).json();
    const received = Object.entries<Record<string, Operation>>(document.paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation]),
    ) as [string, Operation][];
    expect(
      Object.fromEntries(received.map(([call, { responses }]) => [call, Object.keys(responses)])),
    ).toEqual(
      Object.fromEntries(
        Object.entries(CALLS).map(([call, codes]) => [call, answersOf(call, codes)]),
      ),
    );
    const ids = received.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(received.length);
    for (const [call, { summary, responses }] of received) {
      expect(summary, call).toBeTruthy();
      for (const [code, answer] of Object.entries(responses)) {
        const { content = {} } = answer;
        const plain = EMPTY.includes(code) ? [] : ['application/json'];
        const kinds = WITH_CONTENT.includes(code) ? STREAMS[call] : undefined;
        expect(Object.keys(content), call).toEqual(kinds ?? plain);
        for (const kind of Object.values(content)) {
          expect(kind, call).toMatchObject({ schema: {} });
        }
        expect(answer.description, call).not.toBe('Default Response');
      }
    }
  });

  test('names the key scope of every call that is not public', async ({ api }) => {
    const { paths, components } = (await api.app.inject({ url: '/openapi.json' })).json();
    expect(components.securitySchemes.key).toMatchObject({ type: 'http', scheme: 'bearer' });
    for (const [path, methods] of Object.entries<Record<string, Operation>>(paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        const call = `${method} ${path}`;
        if (PUBLIC.includes(call)) expect(security, call).toBeUndefined();
        else expect(security, call).toEqual([{ key: [expect.stringMatching(/^\w+$/)] }]);
      }
    }
    expect(paths['/v1/sessions'].post.security).toEqual([{ key: ['write'] }]);
  });

  test('describes keys and parameters', async ({ api }) => {
    const { components, paths } = (await api.app.inject({ url: '/openapi.json' })).json();
    const { max_turns, title } = components.schemas.LaunchRequest.properties;
    expect(max_turns.description).toContain('agentic turns');
    expect(title.description).toBe('Title for human readers.');
    expect(components.schemas.Info.properties.resumable.description).toContain('continued');
    const [limit] = paths['/v1/sessions'].get.parameters.filter(
      ({ name }: { name: string }) => name === 'limit',
    );
    expect(limit.description).toBe('The most items to return, from 1 to 200.');
  });

  test('puts every operation under one of its tags', async ({ api }) => {
    const { paths, tags } = (await api.app.inject({ url: '/openapi.json' })).json();
    const operations = Object.values<Record<string, Operation>>(paths).flatMap(Object.values);
    const used = operations.map((one: Operation) => one.tags);
    expect(used.filter((one) => one?.length !== 1)).toEqual([]);
    const names = tags.map(({ name }: { name: string }) => name);
    expect(new Set(used.flat())).toEqual(new Set(names));
    expect(names[0]).toBe('sessions');
  });

  test('forbids unknown keys in requests and allows them in responses', async ({ api }) => {
    const { components } = (await api.app.inject({ url: '/openapi.json' })).json();
    expect(components.schemas.LaunchRequest).toMatchObject({
      additionalProperties: false,
    });
    expect(components.schemas.ContinueRequest.properties.model).toMatchObject({
      anyOf: [{ type: 'string' }, { type: 'null' }],
    });
    expect(components.schemas.Info).not.toHaveProperty('additionalProperties');
    expect(JSON.stringify(components)).not.toContain('$defs');
  });
});

describe('the page at /docs', () => {
  test('works without a network, because it loads everything from this server', async ({ api }) => {
    const page = await api.app.inject({ url: '/docs/' });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).toContain('/openapi.json');
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'self'/);
    const script = await api.app.inject({ url: '/docs/js/scalar.js' });
    expect(script.statusCode).toBe(200);
    expect(script.headers['content-type']).toContain('javascript');
    expect((await api.app.inject({ url: '/docs' })).headers['location']).toBe('/docs/');
    const icon = await api.app.inject({ url: '/favicon.ico' });
    expect(icon.headers['content-type']).toBe('image/svg+xml');
  });
});

describe('GET /v1/schema', () => {
  test('returns the JSON Schemas of job and config', async ({ api }) => {
    const schemas = (await api.app.inject({ url: '/v1/schema' })).json();
    expect(JSON.stringify(schemas)).toContain('parent_session_id');
    expect(Object.keys(schemas).length).toBeGreaterThan(1);
  });
});
