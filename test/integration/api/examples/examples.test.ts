// The examples of the OpenAPI document: all there, all true to the schemas that they stand beside.
import {
  bulkLaunchSchema,
  codeFacts,
  continueRequestSchema,
  type ErrorCode,
  launchRequestSchema,
  limitCapsSchema,
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

/** What a place of the document holds: an operation's body, or its answer of a status. */
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

// The bytes of a file: there is nothing to show.
const isDownload = ({ operationId, status }: Location) =>
  operationId === 'readTranscript' && status === '200';

// What JSON Schema does not say of them stands in the schemas that parse.
const PARSED: Record<string, z.ZodType> = {
  launchSession: launchRequestSchema,
  continueSession: continueRequestSchema,
  createSchedule: newScheduleSchema,
  changeSchedule: scheduleChangesSchema,
  createWebhook: newWebhookSchema,
  changeWebhook: webhookChangesSchema,
  setLimit: limitCapsSchema,
};

// Keys of providers and of ours, tokens, private keys; homes, and folders of this machine's.
const SECRETS =
  /sk-[a-z]+-\w|gh[pousr]_\w|AKIA[A-Z0-9]|xox[abp]-|whsec_\w|baton_[0-9a-f]{4,}_\w|eyJ[\w-]+\.[\w-]+\.|PRIVATE KEY|"d":|Bearer |password/;
const PATHS = /\/(?:home|root|Users|tmp|work|var|mnt|opt)\/|[A-Z]:\\/;

describe('the examples of the OpenAPI document', () => {
  test('stand beside every body and every answer, each with a summary', ({
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

  test('are of operations that there are', ({ received: { locations } }) => {
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

  test('of errors show every code that the answer tells of', ({ received: { locations } }) => {
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

  test('are valid by the schema that they stand beside, with no key that it does not name', ({
    received: { locations, components },
  }) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(ajv);
    // Most answers are failures, of one schema.
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

  test('of bodies are taken by what parses them', ({ received: { locations } }) => {
    const bodies = locations.filter(({ status }) => status === null);
    for (const location of bodies.filter(({ operationId }) => operationId !== 'launchSessions')) {
      const schema = PARSED[location.operationId];
      for (const [name, { value }] of examplesOf(location)) {
        expect(schema?.safeParse(value), `${location.at} ${name}`).toMatchObject({ success: true });
      }
    }
  });

  test('of many launches show what the API answers to them', async ({ api }) => {
    const { body, responses: answers } = EXAMPLES['launchSessions'] ?? {};
    const { sessions } = z.object({ sessions: z.array(z.json()) }).parse(body?.['three']?.value);
    for (const one of sessions)
      expect(bulkLaunchSchema.safeParse(one)).toMatchObject({ success: true });
    const ask = async (asked: unknown[]) =>
      api.app.inject({ method: 'POST', url: '/v1/sessions/bulk', payload: { sessions: asked } });
    // The example shows one that its key had made before.
    await ask(sessions.slice(1, 2));
    const answered = await ask(sessions);
    expect(verdictsOf(answered.json())).toEqual(verdictsOf(answers?.[200]?.['three']?.value));
  });

  test('hold nothing that looks like a secret, and no folder of anybody', ({
    received: { locations },
  }) => {
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

/** A schema in which objects that name their keys have no others. */
function closed(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_key, value) =>
    value?.type === 'object' && value.properties && value.additionalProperties === undefined
      ? { ...value, additionalProperties: false }
      : value,
  );
}
