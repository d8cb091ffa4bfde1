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
interface Place {
  at: string;
  operationId: string;
  status: string | null;
  type: string;
  media: Media;
  description: string;
}

interface Told {
  places: Place[];
  components: object;
}

const test = base.extend<{ $test: { told: Told } }>({
  told: async ({ api }, use) => {
    const { paths, components } = (await api.app.inject({ url: '/openapi.json' })).json();
    const operations = Object.values<Record<string, Operation>>(paths).flatMap(Object.values);
    await use({ places: operations.flatMap(placesOf), components });
  },
});

function placesOf({ operationId, requestBody, responses }: Operation): Place[] {
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

const examplesOf = ({ media: { examples = {} } }: Place) => Object.entries(examples);

// The bytes of a file: there is nothing to show.
const isDownload = ({ operationId, status }: Place) =>
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
  test('stand beside every body and every answer, each with a summary', ({ told: { places } }) => {
    for (const place of places.filter((one) => !isDownload(one))) {
      const examples = examplesOf(place);
      expect(examples.length, place.at).toBeGreaterThan(0);
      for (const [name, { summary }] of examples)
        expect(summary, `${place.at} ${name}`).toBeTruthy();
    }
    expect(places.filter(({ status }) => status === null).length).toBeGreaterThan(5);
  });

  test('are of operations that there are', ({ told: { places } }) => {
    const ids = new Set(places.map(({ operationId }) => operationId));
    expect(Object.keys(EXAMPLES).filter((id) => !ids.has(id))).toEqual([]);
    const shown = places.flatMap((place) => examplesOf(place).map(([, { value }]) => value));
    for (const { body = {}, responses: answers = {}, stream = {} } of Object.values(EXAMPLES)) {
      for (const examples of [body, stream, ...Object.values(answers)]) {
        for (const { value } of Object.values(examples)) expect(shown).toContainEqual(value);
      }
    }
  });

  test('of errors show every code that the answer tells of', ({ told: { places } }) => {
    for (const place of places.filter(({ status }) => Number(status) >= 400)) {
      const told = [...place.description.matchAll(/\b([A-Z_]{5,}): /g)].map(([, code]) => code);
      expect(told.length, place.at).toBeGreaterThan(0);
      const shown = examplesOf(place);
      expect(shown.map(([name]) => name).sort(), place.at).toEqual(told.sort());
      for (const [code, { value }] of shown) {
        expect(value, place.at).toMatchObject({ error: { code } });
        expect(String(codeFacts(code as ErrorCode).http)).toBe(place.status);
      }
    }
  });

  test('are valid by the schema that they stand beside, with no key that it does not name', ({
    told: { places, components },
  }) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(ajv);
    // Most answers are failures, of one schema.
    const compiled = new Map<string, ValidateFunction>();
    for (const place of places) {
      const key = JSON.stringify(place.media.schema);
      const validate =
        compiled.get(key) ?? ajv.compile(closed({ ...place.media.schema, components }));
      compiled.set(key, validate);
      for (const [name, { value }] of examplesOf(place)) {
        validate(value);
        expect(validate.errors ?? [], `${place.at} ${name}`).toEqual([]);
      }
    }
  });

  test('of bodies are taken by what parses them', ({ told: { places } }) => {
    const bodies = places.filter(({ status }) => status === null);
    for (const place of bodies.filter(({ operationId }) => operationId !== 'launchSessions')) {
      const schema = PARSED[place.operationId];
      for (const [name, { value }] of examplesOf(place)) {
        expect(schema?.safeParse(value), `${place.at} ${name}`).toMatchObject({ success: true });
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
    told: { places },
  }) => {
    for (const place of places) {
      const text = JSON.stringify(place.media.examples ?? {});
      expect(text, place.at).not.toMatch(SECRETS);
      expect(text, place.at).not.toMatch(PATHS);
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
