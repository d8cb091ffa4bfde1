import { parseInput, sessionOptionsSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

// {"k":"..."} is eight bytes more than its text.
const metadataOf = (bytes: number) => ({ metadata: { k: 'x'.repeat(bytes - 8) } });

describe('the options of a session', () => {
  test.each<[string, object]>([
    ['nothing', {}],
    ['a title of 200 characters', { title: 'x'.repeat(200) }],
    ['32 tags', { tags: Array(32).fill('x') }],
    ['a tag of 128 characters', { tags: ['x'.repeat(128)] }],
    ['16 KiB of metadata', metadataOf(16 * 1024)],
    ['metadata with dots, dollars and depth', { metadata: { 'a.b': { $ref: [[{ c: null }]] } } }],
    ['priority 0', { priority: 0 }],
    ["BullMQ's largest priority", { priority: 2_097_151 }],
  ])('%s is accepted', (_, options) => {
    expect(parseInput(sessionOptionsSchema, options)).toEqual(options);
  });

  test.each<[string, string, object]>([
    ['title', 'an empty one', { title: '' }],
    ['title', '201 characters', { title: 'x'.repeat(201) }],
    ['tags', '33 of them', { tags: Array(33).fill('x') }],
    ['tags.1', 'an empty one', { tags: ['a', ''] }],
    ['tags.0', '129 characters', { tags: ['x'.repeat(129)] }],
    ['metadata', 'a byte over 16 KiB', metadataOf(16 * 1024 + 1)],
    ['metadata', 'a list', { metadata: [] }],
    ['priority', 'negative', { priority: -1 }],
    ['priority', 'a fraction', { priority: 1.5 }],
    ['priority', "over BullMQ's", { priority: 2_097_152 }],
    ['colour', 'an unknown key', { colour: 'red' }],
  ])('%s: %s is refused', (field, _, options) => {
    expect(() => parseInput(sessionOptionsSchema, options)).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });
});
