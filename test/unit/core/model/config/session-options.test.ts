import { parseInput, sessionOptionsSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

// The JSON {"k":"..."} is eight bytes longer than its text.
const metadataOf = (bytes: number) => ({ metadata: { k: 'x'.repeat(bytes - 8) } });

describe('the options of a session', () => {
  test.each<[string, object]>([
    ['an empty object', {}],
    ['a title of 200 characters', { title: 'x'.repeat(200) }],
    ['32 tags', { tags: Array(32).fill('x') }],
    ['a tag of 128 characters', { tags: ['x'.repeat(128)] }],
    ['16 KiB of metadata', metadataOf(16 * 1024)],
    ['metadata with dots, dollars and depth', { metadata: { 'a.b': { $ref: [[{ c: null }]] } } }],
    ['priority 0', { priority: 0 }],
    ["BullMQ's largest priority", { priority: 2_097_151 }],
  ])('accept %s', (_, options) => {
    expect(parseInput(sessionOptionsSchema, options)).toEqual(options);
  });

  test.each<[string, string, object]>([
    ['title', 'an empty text', { title: '' }],
    ['title', 'a text of 201 characters', { title: 'x'.repeat(201) }],
    ['tags', 'a list of 33', { tags: Array(33).fill('x') }],
    ['tags.1', 'an empty text', { tags: ['a', ''] }],
    ['tags.0', 'a text of 129 characters', { tags: ['x'.repeat(129)] }],
    ['metadata', 'a value one byte over 16 KiB', metadataOf(16 * 1024 + 1)],
    ['metadata', 'a list', { metadata: [] }],
    ['priority', 'a negative number', { priority: -1 }],
    ['priority', 'a fraction', { priority: 1.5 }],
    ['priority', "a number above BullMQ's maximum", { priority: 2_097_152 }],
    ['colour', 'an unknown key', { colour: 'red' }],
  ])('refuse an invalid %s: %s', (field, _, options) => {
    expect(() => parseInput(sessionOptionsSchema, options)).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });
});
