import { launchRequestSchema, parseInput } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

const parse = (options: object) => parseInput(launchRequestSchema, { query: 'q', ...options });

describe('the conversation key of a launch', () => {
  test.for(['a', 'shop/pull/7', ' x ', 'ß'.repeat(256)])('may be %j', (conversation_key) => {
    expect(parse({ conversation_key }).conversation_key).toBe(conversation_key);
  });

  test.for([
    ['an empty text', ''],
    ['white space', ' \n'],
    ['invisible characters', '\u200b'],
    ['a text of 257 characters', 'k'.repeat(257)],
    ['a number', 7],
    ['null', null],
  ])('is refused if it is %s, and the error names it', ([, conversation_key]) => {
    expect(() => parse({ conversation_key })).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: { field: 'conversation_key' },
      }),
    );
  });
});

describe('on_busy of a launch', () => {
  test.for(['reject', 'enqueue', 'interrupt', 'message'])('may be %s', (on_busy) => {
    expect(parse({ conversation_key: 'k', on_busy }).on_busy).toBe(on_busy);
  });

  test.for([
    ['without a conversation key', { on_busy: 'reject' }],
    ['with another value', { conversation_key: 'k', on_busy: 'wait' }],
  ] as const)('is refused %s', ([, options]) => {
    expect(() => parse(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field: 'on_busy' } }),
    );
  });
});
