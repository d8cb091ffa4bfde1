// The fuzzer against servers that each have one fault.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fuzz } from '../../../../tools/fuzz/run.ts';
import { CANARY } from '../../../../tools/fuzz/special.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const document = {
  openapi: '3.1.0',
  paths: {
    '/v1/things': {
      post: {
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
        },
        responses: {
          200: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          400: { content: { 'application/json': { schema: {} } } },
          404: { content: { 'application/json': { schema: {} } } },
        },
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        properties: {
          size: { type: 'integer', minimum: 0, maximum: 100 },
          env: { type: 'object' },
        },
        required: ['size'],
      },
    },
  },
};

type Answer = { status: number; body: unknown };
const refused = (status: number): Answer => ({
  status,
  body: { error: { code: 'X', message: 'x' } },
});

/** Starts a server of the document above. `answer` answers its valid calls. Returns the server's URL. */
async function serve(answer: (thing: { size: number; env?: object }) => Answer): Promise<string> {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const { status, body } =
        request.url === '/openapi.json'
          ? { status: 200, body: document }
          : request.url?.split('?')[0] !== '/v1/things' || request.method !== 'POST'
            ? refused(404)
            : answerOf(text, answer);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answerOf(text: string, answer: (thing: { size: number; env?: object }) => Answer): Answer {
  try {
    const thing = JSON.parse(text);
    const isGood = Number.isInteger(thing.size) && thing.size >= 0 && thing.size <= 100;
    return isGood ? answer(thing) : refused(400);
  } catch {
    return refused(400);
  }
}

const good = ({ size }: { size: number }): Answer => ({ status: 200, body: { size } });

test('the fuzzer reports no finding for a server without faults', async () => {
  const report = await fuzz({ api: await serve(good), requests: 200, seed: 1 });
  expect(report).toMatchObject({ findings: [], neverWell: [] });
});

test.each<[string, (thing: { size: number; env?: object }) => Answer, RegExp]>([
  ['a 5xx', (thing) => (thing.size > 40 ? refused(500) : good(thing)), /^500/],
  [
    'a status that is not documented',
    (thing) => (thing.size > 40 ? refused(418) : good(thing)),
    /418 is not documented/,
  ],
  [
    'a body that does not match its schema',
    (thing) => (thing.size > 40 ? { status: 200, body: {} } : good(thing)),
    /does not match its schema/,
  ],
  [
    'a secret in an answer',
    ({ env, size }) => ({ status: 200, body: { size, env } }),
    /holds a secret/,
  ],
  [
    'a failure without an error body',
    (thing) => (thing.size > 40 ? { status: 400, body: 'no' } : good(thing)),
    /without an error body/,
  ],
])('the fuzzer finds %s and reports a call that shows it', async (_, answer, what) => {
  const api = await serve(answer);
  const { findings } = await fuzz({ api, requests: 400, seed: 1 });
  expect(findings[0]?.problem).toMatch(what);
  const { request } = findings[0] ?? {};
  expect(request).toMatchObject({ method: 'POST', target: '/v1/things' });
  // The fuzzer shrinks the call to the smallest call that shows the fault. The fault begins at size 41.
  if (!what.source.includes('secret'))
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ size: 41 });
  else expect(request?.body).toContain(CANARY);
});

test('the fuzzer makes the same calls for the same seed', async () => {
  const bodies: string[][] = [[], []];
  for (const seen of bodies) {
    const api = await serve((thing) => {
      seen.push(JSON.stringify(thing));
      return good(thing);
    });
    await fuzz({ api, requests: 100, seed: 5 });
    server?.closeAllConnections();
    server?.close();
  }
  expect(bodies[0]?.length).toBeGreaterThan(10);
  expect([...(bodies[0] ?? [])].sort()).toEqual([...(bodies[1] ?? [])].sort());
});
