// The examples of the OpenAPI document are complete and fit their schemas.
import {
  bulkLaunchSchema,
  cancelSelectionSchema,
  codeFacts,
  continueRequestSchema,
  type ErrorCode,
  launchRequestSchema,
  limitCapsSchema,
  messageRequestSchema,
  newScheduleSchema,
  newWebhookSchema,
  scheduleChangesSchema,
  webhookChangesSchema,
} from '@baton/core/internal';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { EXAMPLES } from '../../../../apps/api/src/examples/all.ts';
import { test as base } from '../../../support/api.ts';

interface Media {
  schema: object;
  examples?: Record<string, { summary: string; value: unknown }>;
}

interface Part {
  description: string;
  content?: Record<string, Media>;
}

interface Operation {
  operationId: string;
  requestBody?: Part;
  responses: Record<string, Part>;
}

/** One body in the document: an operation's request, or its response with one status. */
interface Location {
  at: string;
  operationId: string;
  status: string | null;
  type: string;
  media: Media;
  description: string;
}

interface Received {
  locations: Location[];
  components: object;
}

const test = base.extend<{ $test: { received: Received } }>({
  received: async ({ api }, use) => {
    const { paths, components } = (await api.app.inject({ url: '/openapi.json' })).json();
    const operations = Object.values<Record<string, Operation>>(paths).flatMap(Object.values);
    await use({ locations: operations.flatMap(locationsOf), components });
  },
});

function locationsOf({ operationId, requestBody, responses }: Operation): Location[] {
  const parts: [string | null, Part][] = [
    ...(requestBody ? [[null, requestBody] as [null, Part]] : []),
    ...Object.entries(responses),
  ];
  return parts.flatMap(([status, { description, content = {} }]) =>
    Object.entries(content).map(([type, media]) => ({
      at: `${operationId} ${status ?? 'body'} ${type}`,
      operationId,
      status,
      type,
      media,
      description,
    })),
  );
}

const examplesOf = ({ media: { examples = {} } }: Location) => Object.entries(examples);

// A download or an upload is the bytes of a file, so it has no example.
const DOWNLOADS = ['readTranscript', 'readFile', 'readWorkspaceFile', 'readWorkspaceArchive'];
const isDownload = ({ operationId, status }: Location) =>
  (DOWNLOADS.includes(operationId) && Number(status) < 300) ||
  (operationId === 'uploadFile' && status === null);

// These schemas check more than JSON Schema can express.
const PARSED: Record<string, z.ZodType> = {
  launchSession: launchRequestSchema,
  continueSession: continueRequestSchema,
  cancelSessions: cancelSelectionSchema,
  sendMessage: messageRequestSchema,
  createSchedule: newScheduleSchema,
  changeSchedule: scheduleChangesSchema,
  createWebhook: newWebhookSchema,
  changeWebhook: webhookChangesSchema,
  setLimit: limitCapsSchema,
};

// API keys, tokens and private keys; then home folders and other local paths.
const SECRETS =
  /sk-[a-z]+-\w|gh[pousr]_\w|AKIA[A-Z0-9]|xox[abp]-|whsec_\w|baton_[0-9a-f]{4,}_\w|eyJ[\w-]+\.[\w-]+\.|PRIVATE KEY|"d":|Bearer |password/;
const PATHS = /\/(?:home|root|Users|tmp|work|var|mnt|opt)\/|[A-Z]:\\/;

describe('the examples of the OpenAPI document', () => {
  test('cover every request and every response, each with a summary', ({
    received: { locations },
  }) => {
    for (const location of locations.filter((one) => !isDownload(one))) {
      const examples = examplesOf(location);
      expect(examples.length, location.at).toBeGreaterThan(0);
      for (const [name, { summary }] of examples)
        expect(summary, `${location.at} ${name}`).toBeTruthy();
    }
    expect(locations.filter(({ status }) => status === null).length).toBeGreaterThan(5);
  });

  test('belong to operations that exist', ({ received: { locations } }) => {
    const ids = new Set(locations.map(({ operationId }) => operationId));
    expect(Object.keys(EXAMPLES).filter((id) => !ids.has(id))).toEqual([]);
    const shown = locations.flatMap((location) =>
      examplesOf(location).map(([, { value }]) => value),
    );
    for (const { body = {}, responses: answers = {}, stream = {} } of Object.values(EXAMPLES)) {
      for (const examples of [body, stream, ...Object.values(answers)]) {
        for (const { value } of Object.values(examples)) expect(shown).toContainEqual(value);
      }
    }
  });

  test('show every error code that a response describes', ({ received: { locations } }) => {
    for (const location of locations.filter(({ status }) => Number(status) >= 400)) {
      const received = [...location.description.matchAll(/\b([A-Z_]{5,}): /g)].map(
        ([, code]) => code,
      );
      expect(received.length, location.at).toBeGreaterThan(0);
      const shown = examplesOf(location);
      expect(shown.map(([name]) => name).sort(), location.at).toEqual(received.sort());
      for (const [code, { value }] of shown) {
        expect(value, location.at).toMatchObject({ error: { code } });
        expect(String(codeFacts(code as ErrorCode).http)).toBe(location.status);
      }
    }
  });

  test('are valid by their schema and have no key outside it', ({
    received: { locations, components },
  }) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(ajv);
    // Most responses are errors with one schema, so each schema is compiled once.
    const compiled = new Map<string, ValidateFunction>();
    for (const location of locations) {
      const key = JSON.stringify(location.media.schema);
      const validate =
        compiled.get(key) ?? ajv.compile(closed({ ...location.media.schema, components }));
      compiled.set(key, validate);
      for (const [name, { value }] of examplesOf(location)) {
        validate(value);
        expect(validate.errors ?? [], `${location.at} ${name}`).toEqual([]);
      }
    }
  });

  test('of requests are accepted by the schemas that parse them', ({ received: { locations } }) => {
    const bodies = locations.filter(({ status }) => status === null);
    for (const location of bodies.filter(({ operationId }) => operationId !== 'launchSessions')) {
      const schema = PARSED[location.operationId];
      for (const [name, { value }] of examplesOf(location)) {
        expect(schema?.safeParse(value), `${location.at} ${name}`).toMatchObject({ success: true });
      }
    }
  });

  test('of a bulk launch show the response that the API gives', async ({ api }) => {
    const { body, responses: answers } = EXAMPLES['launchSessions'] ?? {};
    const { sessions } = z.object({ sessions: z.array(z.json()) }).parse(body?.['three']?.value);
    for (const one of sessions)
      expect(bulkLaunchSchema.safeParse(one)).toMatchObject({ success: true });
    const ask = async (asked: unknown[]) =>
      api.app.inject({ method: 'POST', url: '/v1/sessions/bulk', payload: { sessions: asked } });
    // In the example, the second launch repeats an earlier launch, so the test first sends it
    // alone.
    await ask(sessions.slice(1, 2));
    const answered = await ask(sessions);
    expect(verdictsOf(answered.json())).toEqual(verdictsOf(answers?.[200]?.['three']?.value));
  });

  test('contain no secret and no local path', ({ received: { locations } }) => {
    for (const location of locations) {
      const text = JSON.stringify(location.media.examples ?? {});
      expect(text, location.at).not.toMatch(SECRETS);
      expect(text, location.at).not.toMatch(PATHS);
    }
  });
});

const answer = z.object({
  results: z.array(
    z.object({
      status: z.int(),
      replayed: z.boolean().optional(),
      session: z.object({ status: z.string(), query: z.string() }).optional(),
      error: z.json().optional(),
    }),
  ),
});

const verdictsOf = (body: unknown) => answer.parse(body).results;

/** Returns the schema with unknown keys forbidden in objects that name their keys. */
function closed(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_key, value) =>
    value?.type === 'object' && value.properties && value.additionalProperties === undefined
      ? { ...value, additionalProperties: false }
      : value,
  );
}
