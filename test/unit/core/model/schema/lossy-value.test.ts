import {
  launchJobSchema,
  newScheduleSchema,
  newWebhookSchema,
  parseInput,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { parseLaunchJob } from '../../../../../packages/core/src/queue/job-builder.ts';
import { makeLaunchJob } from '../../../../support/factories.ts';

const HALF = 'a\ud83d b';

describe('a value that storage may change', () => {
  test.each<[string, object, string]>([
    ['half a surrogate pair in the query', { config: { query: HALF } }, 'config.query'],
    [
      'the other half of a surrogate pair in the query',
      { config: { query: '\ude00' } },
      'config.query',
    ],
    [
      'half a surrogate pair in a system prompt',
      { config: { query: 'q', system_prompt: HALF } },
      'config.system_prompt',
    ],
    ['half a surrogate pair in env', { config: { query: 'q', env: { A: HALF } } }, 'config.env.A'],
    [
      'half a surrogate pair in settings',
      { config: { query: 'q', settings: { a: [HALF] } } },
      'config.settings.a.0',
    ],
    ['half a surrogate pair in a tag', { tags: ['ok', HALF] }, 'tags.1'],
    ['half a surrogate pair in a title', { title: HALF }, 'title'],
    ['half a surrogate pair in a key of metadata', { metadata: { [HALF]: 1 } }, `metadata.${HALF}`],
    [
      'half a surrogate pair deep in metadata',
      { metadata: { a: { b: [HALF] } } },
      'metadata.a.b.0',
    ],
    ['the number 2^53', { metadata: { n: 2 ** 53 } }, 'metadata.n'],
    ['a number below -2^53', { metadata: { n: -(2 ** 60) } }, 'metadata.n'],
    ['an infinite number', { metadata: { n: [Number.POSITIVE_INFINITY] } }, 'metadata.n.0'],
    ['minus zero', { metadata: { n: -0 } }, 'metadata.n'],
    [
      'a number above 2^53 in a JSON schema',
      { config: { query: 'q', json_schema: { maximum: 2 ** 64 } } },
      'config.json_schema.maximum',
    ],
    ['a __proto__ key', { metadata: JSON.parse('{"a":{"__proto__":{}}}') }, 'metadata.a.__proto__'],
    [
      'a constructor.prototype key',
      { metadata: { constructor: { prototype: {} } } },
      'metadata.constructor.prototype',
    ],
  ])('is refused, and the error names its field: %s', (_, fields, field) => {
    expect(() => parseInput(launchJobSchema, { ...makeLaunchJob(), ...fields })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });

  test.each<[metadata: Record<string, string | number>]>([
    [{ a: 'a\ud83d\ude00 b' }],
    [{ a: '\ufffd' }],
    [{ a: 2 ** 53 - 1, b: -(2 ** 53 - 1), c: 0.1, d: 1e-7 }],
    [{ brand: 'Volvo', prototype: 1 }],
  ])('is not found in the metadata %j', (metadata) => {
    const job = { ...makeLaunchJob(), metadata };
    expect(parseInput(launchJobSchema, job).metadata).toEqual(metadata);
  });

  test('is refused by a producer, in a webhook and in a schedule', () => {
    const refused = (field: string) => expect.objectContaining({ details: { field } });
    expect(() => parseLaunchJob({ query: 'q' }, { idempotency_key: HALF })).toThrow(
      refused('idempotency_key'),
    );
    expect(() => parseLaunchJob({ query: HALF })).toThrow(refused('config.query'));
    const webhook = { url: 'https://x.test', description: HALF };
    expect(() => parseInput(newWebhookSchema, webhook)).toThrow(refused('description'));
    const schedule = { every_ms: 1_000, launch: { query: 'q', title: HALF } };
    expect(() => parseInput(newScheduleSchema, schedule)).toThrow(refused('launch.title'));
  });
});

describe('a query', () => {
  test.each(['', ' ', '\n\t ', '\u00a0\u2003\u3000', '\ufeff', '\u200b\u2060', '\u3164'])(
    'without a visible character is refused, and the error names the field: %j',
    (query) => {
      expect(() => parseLaunchJob({ query })).toThrow(
        expect.objectContaining({ code: 'INVALID_REQUEST', details: { field: 'config.query' } }),
      );
    },
  );

  test.each(['.', ' /compact ', '\u200b1', '😀', '한'])(
    'with a visible character is accepted: %j',
    (query) => {
      expect(parseLaunchJob({ query }).config.query).toBe(query);
    },
  );
});
