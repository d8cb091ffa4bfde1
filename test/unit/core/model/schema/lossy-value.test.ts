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

describe('what would come back changed is refused, naming the field', () => {
  test.each<[string, object, string]>([
    ['half a pair in the query', { config: { query: HALF } }, 'config.query'],
    ['the other half', { config: { query: '\ude00' } }, 'config.query'],
    ['in a system prompt', { config: { query: 'q', system_prompt: HALF } }, 'config.system_prompt'],
    ['in env', { config: { query: 'q', env: { A: HALF } } }, 'config.env.A'],
    ['in settings', { config: { query: 'q', settings: { a: [HALF] } } }, 'config.settings.a.0'],
    ['in a tag', { tags: ['ok', HALF] }, 'tags.1'],
    ['in a title', { title: HALF }, 'title'],
    ['in a key of metadata', { metadata: { [HALF]: 1 } }, `metadata.${HALF}`],
    ['deep in metadata', { metadata: { a: { b: [HALF] } } }, 'metadata.a.b.0'],
    ['a number above 2^53', { metadata: { n: 2 ** 53 } }, 'metadata.n'],
    ['a number below -2^53', { metadata: { n: -(2 ** 60) } }, 'metadata.n'],
    ['an infinite number', { metadata: { n: [Number.POSITIVE_INFINITY] } }, 'metadata.n.0'],
    ['minus zero', { metadata: { n: -0 } }, 'metadata.n'],
    [
      'a number of a JSON schema',
      { config: { query: 'q', json_schema: { maximum: 2 ** 64 } } },
      'config.json_schema.maximum',
    ],
    ['a prototype', { metadata: JSON.parse('{"a":{"__proto__":{}}}') }, 'metadata.a.__proto__'],
    [
      'a prototype by its constructor',
      { metadata: { constructor: { prototype: {} } } },
      'metadata.constructor.prototype',
    ],
  ])('%s', (_, fields, field) => {
    expect(() => parseInput(launchJobSchema, { ...makeLaunchJob(), ...fields })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });

  test.each<[metadata: Record<string, string | number>]>([
    [{ a: 'a\ud83d\ude00 b' }],
    [{ a: '\ufffd' }],
    [{ a: 2 ** 53 - 1, b: -(2 ** 53 - 1), c: 0.1, d: 1e-7 }],
    [{ brand: 'Volvo', prototype: 1 }],
  ])('but not %j', (metadata) => {
    const job = { ...makeLaunchJob(), metadata };
    expect(parseInput(launchJobSchema, job).metadata).toEqual(metadata);
  });

  test('by a producer, in a webhook and in a schedule', () => {
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

describe('a query that shows nothing is refused, naming it', () => {
  test.each(['', ' ', '\n\t ', '\u00a0\u2003\u3000', '\ufeff', '\u200b\u2060', '\u3164'])(
    '%j',
    (query) => {
      expect(() => parseLaunchJob({ query })).toThrow(
        expect.objectContaining({ code: 'INVALID_REQUEST', details: { field: 'config.query' } }),
      );
    },
  );

  test.each(['.', ' /compact ', '\u200b1', '😀', '한'])('but not %j', (query) => {
    expect(parseLaunchJob({ query }).config.query).toBe(query);
  });
});
