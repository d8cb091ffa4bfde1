import { defined, JOB_MAX_BYTES, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { countJobs, test } from '../../../support/api.ts';

const SECRET = 'do-not-repeat-me';

const refusedBodies: [what: string, body: object, status: number, code: string, field: string][] = [
  ['no query', {}, 400, 'INVALID_REQUEST', 'query'],
  ['an empty query', { query: '' }, 400, 'INVALID_REQUEST', 'query'],
  ['a query with NUL', { query: 'a\0b' }, 400, 'INVALID_REQUEST', 'query'],
  ['an unknown key', { query: 'q', foo: SECRET }, 400, 'INVALID_REQUEST', 'foo'],
  ['an id chosen by the caller', { query: 'q', id: newId() }, 400, 'INVALID_REQUEST', 'id'],
  ['a config in a wrapper object', { config: { query: 'q' } }, 400, 'INVALID_REQUEST', 'config'],
  [
    'an unknown nested key',
    { query: 'q', timeouts: { start_ms: 1 } },
    400,
    'INVALID_REQUEST',
    'timeouts.start_ms',
  ],
  ['a wrong type', { query: 'q', max_turns: SECRET }, 400, 'INVALID_REQUEST', 'max_turns'],
  ['a tag that is not a string', { query: 'q', tags: [1] }, 400, 'INVALID_REQUEST', 'tags.0'],
  [
    'a null, which only a continue may have',
    { query: 'q', model: null },
    400,
    'INVALID_REQUEST',
    'model',
  ],
  ['a priority below 0', { query: 'q', priority: -1 }, 400, 'INVALID_REQUEST', 'priority'],
  [
    'an MCP server with a bad url',
    { query: 'q', mcp_config: { mcpServers: { a: { type: 'http', url: SECRET } } } },
    400,
    'INVALID_REQUEST',
    'mcp_config.mcpServers.a.url',
  ],
  ['an env value of a wrong type', { query: 'q', env: { A: 1 } }, 400, 'INVALID_REQUEST', 'env.A'],
  ['a relative directory', { query: 'q', working_dir: 'a' }, 400, 'INVALID_REQUEST', 'working_dir'],
  [
    'a directory outside the roots',
    { query: 'q', working_dir: '/etc' },
    422,
    'WORKING_DIR_NOT_ALLOWED',
    'working_dir',
  ],
  [
    'a directory that climbs out of a root',
    { query: 'q', working_dir: '/srv/allowed/../secret' },
    422,
    'WORKING_DIR_NOT_ALLOWED',
    'working_dir',
  ],
  [
    'a directory whose name only begins like a root',
    { query: 'q', working_dir: '/srv/allowed-not' },
    422,
    'WORKING_DIR_NOT_ALLOWED',
    'working_dir',
  ],
  [
    'an additional directory outside the roots',
    { query: 'q', additional_directories: ['/srv/allowed', '/'] },
    422,
    'WORKING_DIR_NOT_ALLOWED',
    'additional_directories.1',
  ],
  [
    'a forbidden environment name',
    { query: 'q', env: { OK: '1', ANTHROPIC_BASE_URL: SECRET } },
    422,
    'ENV_NOT_ALLOWED',
    'env.ANTHROPIC_BASE_URL',
  ],
  [
    'a forbidden environment name in settings',
    { query: 'q', settings: { env: { ANTHROPIC_BASE_URL: SECRET } } },
    422,
    'ENV_NOT_ALLOWED',
    'settings.env.ANTHROPIC_BASE_URL',
  ],
  [
    'a permission mode that the operator does not allow',
    { query: 'q', permission_mode: 'bypassPermissions' },
    422,
    'PERMISSION_MODE_NOT_ALLOWED',
    'permission_mode',
  ],
];

describe('the refusal of a launch names the field but does not repeat its value:', () => {
  test.for(refusedBodies)('%s', async ([, body, status, code, field], { api }) => {
    const before = await countJobs(api);
    const answer = await api.app.inject({ method: 'POST', url: '/v1/sessions', payload: body });
    expect(answer.json()).toMatchObject({ error: { code, details: { field } } });
    expect(Object.keys(answer.json())).toEqual(['error']);
    expect(answer.json().error.message).toContain(field.split('.').at(-1));
    expect(answer.body).not.toContain(SECRET);
    expect(answer.statusCode).toBe(status);
    expect(await countJobs(api)).toBe(before);
  });
});

const POST_SESSION = ['POST', '/v1/sessions'] as const;

describe('a refusal states in plain words what was expected', () => {
  test.for<[method: 'GET' | 'POST', url: string, payload: object | undefined, message: string]>([
    [...POST_SESSION, {}, 'query: expected a query or content, got neither'],
    [...POST_SESSION, { query: '' }, 'query: expected at least 1 character, got 0'],
    [...POST_SESSION, { query: 'q', title: 5 }, 'title: expected string, got number'],
    [...POST_SESSION, { query: 'q', max_turns: 0 }, 'max_turns: expected more than 0'],
    [
      ...POST_SESSION,
      { query: 'q', foo: 1 },
      'foo: expected a known key; correct its name or leave it out',
    ],
    [...POST_SESSION, { query: 'q', tags: 'a' }, 'tags: expected list, got string'],
    [
      ...POST_SESSION,
      { query: 'q', recovery: { on_crash: 'x' } },
      'recovery.on_crash: expected one of "resume", "restart", "fail"',
    ],
    [
      'POST',
      '/v1/sessions/bulk',
      { sessions: [] },
      'sessions: expected a list of 1 to 1000 launches as the only key of the body',
    ],
    ['GET', '/v1/sessions?limit=x', undefined, 'limit: expected number, got NaN'],
    ['GET', '/v1/sessions?status=x', undefined, 'status: expected one of'],
  ])('for %s %s with %j', async ([method, url, payload, message], { api }) => {
    const answer = await api.app.inject({ method, url, ...defined({ payload }) });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.message).toContain(message);
  });
});

const json = { 'content-type': 'application/json' };

const refusedRequests: [
  what: string,
  request: {
    method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
    url: string;
    headers?: Record<string, string>;
    payload?: string;
  },
  status: number,
  code: string,
][] = [
  [
    'a body that is not JSON',
    { method: 'POST', url: '/v1/sessions', headers: json, payload: `{"query": ${SECRET}` },
    400,
    'INVALID_REQUEST',
  ],
  [
    'an empty body',
    { method: 'POST', url: '/v1/sessions', headers: json, payload: '' },
    400,
    'INVALID_REQUEST',
  ],
  ['no body', { method: 'POST', url: '/v1/sessions' }, 400, 'INVALID_REQUEST'],
  [
    'a list for a body',
    { method: 'POST', url: '/v1/sessions', headers: json, payload: '[]' },
    400,
    'INVALID_REQUEST',
  ],
  [
    'a body that sets a prototype',
    {
      method: 'POST',
      url: '/v1/sessions',
      headers: json,
      payload: '{"query":"q","__proto__":{"x":1}}',
    },
    400,
    'INVALID_REQUEST',
  ],
  [
    'JSON of too many levels',
    {
      method: 'POST',
      url: '/v1/sessions',
      headers: json,
      payload: `{"query":"q","metadata":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`,
    },
    400,
    'INVALID_REQUEST',
  ],
  [
    'plain text, as a web page can send without a preflight',
    {
      method: 'POST',
      url: '/v1/sessions',
      headers: { 'content-type': 'text/plain' },
      payload: '{"query":"q"}',
    },
    400,
    'INVALID_REQUEST',
  ],
  [
    'a form',
    {
      method: 'POST',
      url: '/v1/sessions',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'query=q',
    },
    400,
    'INVALID_REQUEST',
  ],
  [
    'a body over 1 MiB',
    {
      method: 'POST',
      url: '/v1/sessions',
      headers: json,
      payload: JSON.stringify({ query: 'x'.repeat(JOB_MAX_BYTES) }),
    },
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  [
    'a body over 1 MiB of white space',
    {
      method: 'POST',
      url: '/v1/sessions',
      headers: json,
      payload: `{"query":"q"}${' '.repeat(JOB_MAX_BYTES)}`,
    },
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  [
    'a body that becomes a job over 1 MiB',
    {
      method: 'POST',
      url: '/v1/sessions',
      headers: json,
      payload: JSON.stringify({ query: 'x'.repeat(JOB_MAX_BYTES - 50) }),
    },
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  ['an unknown URL', { url: '/v1/nothing' }, 404, 'NOT_FOUND'],
  ['a URL without a version', { url: '/sessions/x/events' }, 404, 'NOT_FOUND'],
  [
    'a method that the route does not have',
    { method: 'DELETE', url: '/v1/sessions' },
    404,
    'NOT_FOUND',
  ],
  ['a malformed id', { url: '/v1/sessions/nonsense' }, 400, 'INVALID_REQUEST'],
  ['an id in upper case', { url: `/v1/sessions/${newId().toUpperCase()}` }, 400, 'INVALID_REQUEST'],
  ['a URL that cannot be decoded', { url: '/v1/sessions/%E0%A4%A' }, 400, 'INVALID_REQUEST'],
  ['an unknown id', { url: `/v1/sessions/${newId()}` }, 404, 'SESSION_NOT_FOUND'],
  [
    'a request for events of an unknown id',
    { url: `/v1/sessions/${newId()}/events` },
    404,
    'SESSION_NOT_FOUND',
  ],
  [
    'a request for the conversation of an unknown id',
    { url: `/v1/sessions/${newId()}/conversation` },
    404,
    'SESSION_NOT_FOUND',
  ],
  ['an unknown include', { url: `/v1/sessions/${newId()}?include=all` }, 400, 'INVALID_REQUEST'],
  ['a limit of 0', { url: '/v1/sessions?limit=0' }, 400, 'INVALID_REQUEST'],
  ['an empty limit', { url: '/v1/sessions?limit=' }, 400, 'INVALID_REQUEST'],
  ['a limit over 200', { url: '/v1/sessions?limit=201' }, 400, 'INVALID_REQUEST'],
  ['a limit that is a word', { url: '/v1/sessions?limit=many' }, 400, 'INVALID_REQUEST'],
  ['a repeated limit', { url: '/v1/sessions?limit=1&limit=2' }, 400, 'INVALID_REQUEST'],
  ['an unknown status', { url: '/v1/sessions?status=done' }, 400, 'INVALID_REQUEST'],
  ['a malformed parent id', { url: '/v1/sessions?parent_session_id=x' }, 400, 'INVALID_REQUEST'],
  ['an unknown filter', { url: '/v1/sessions?colour=red' }, 400, 'INVALID_REQUEST'],
  ['a broken cursor', { url: '/v1/sessions?cursor=broken' }, 400, 'INVALID_REQUEST'],
  [
    'a cursor without a time',
    { url: `/v1/sessions?cursor=${Buffer.from('["x","y"]').toString('base64url')}` },
    400,
    'INVALID_REQUEST',
  ],
  [
    'a request for events after -1',
    { url: `/v1/sessions/${newId()}/events?after=-1` },
    400,
    'INVALID_REQUEST',
  ],
  [
    'a request for more than 1000 events',
    { url: `/v1/sessions/${newId()}/events?limit=1001` },
    400,
    'INVALID_REQUEST',
  ],
];

describe('the uniform error body is the answer to', () => {
  test.for(refusedRequests)('%s', async ([, request, status, code], { api }) => {
    const answer = await api.app.inject(request);
    expect(answer.json()).toMatchObject({
      error: { code, message: expect.stringMatching(/\w{3}/) },
    });
    expect(Object.keys(answer.json())).toEqual(['error']);
    expect(answer.body).not.toContain(SECRET);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/json');
  });
});

describe('a refused request', () => {
  test('with a wrong content type gets a message that names the accepted content type', async ({
    api,
  }) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      headers: { 'content-type': 'text/plain' },
      payload: '{"query":"q"}',
    });
    expect(answer.json().error.message).toContain('application/json');
  });

  test('is logged with its code and request, but without its body', async ({ api }) => {
    api.logged.length = 0;
    await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: SECRET, env: { TOKEN: SECRET }, foo: SECRET },
    });
    const lines = api.logged.map((line) => JSON.parse(line));
    const [refused, answered] = lines;
    expect(lines).toHaveLength(2);
    expect(refused).toMatchObject({ code: 'INVALID_REQUEST', field: 'foo' });
    expect(answered).toMatchObject({ method: 'POST', route: '/v1/sessions', status: 400 });
    expect(refused.request_id).toBe(answered.request_id);
    expect(api.logged.join()).not.toContain(SECRET);
  });
});
