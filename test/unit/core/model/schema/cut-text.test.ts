import { boundRaw, boundResult, type Result } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { cutText } from '../../../../../packages/core/src/model/schema/cut-text.ts';

const MIB = 1024 * 1024;
const result: Result = { type: 'result', subtype: 'success', is_error: false };

describe('cutText', () => {
  test.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    ['aé', 2, 'a'],
    ['aé', 3, 'aé'],
    ['😀😀', 4, '😀'],
    ['😀😀', 7, '😀'],
    ['€', 2, ''],
    ['', 0, ''],
  ])('%j in %i bytes is %j', (text, max, expected) => {
    expect(cutText(text, max)).toBe(expected);
  });
});

describe('boundRaw', () => {
  test('a line of one MiB stays as it is', () => {
    const line = 'x'.repeat(MIB);
    expect(boundRaw(line)).toEqual({ raw: line });
  });

  test.each([
    ['plain', 'x'.repeat(MIB + 1)],
    ['of many-byte characters', '😀'.repeat(MIB / 4 + 1)],
  ])('a longer line, %s, is cut to one MiB and its length is told', (_, line) => {
    const { raw, raw_bytes } = boundRaw(line);
    expect(line.startsWith(raw)).toBe(true);
    expect(Buffer.byteLength(raw)).toBe(MIB);
    expect(raw_bytes).toBe(Buffer.byteLength(line));
  });
});

describe('boundResult', () => {
  test('a small result stays as it is', () => {
    const small: Result = { ...result, result: 'done', usage: { input_tokens: 1 }, num_turns: 2 };
    expect(boundResult(small)).toEqual(small);
  });

  test.each(['result', 'error'] as const)('a long %s is cut, and the cut is told', (key) => {
    const bounded = boundResult({ ...result, [key]: 'é'.repeat(MIB) });
    expect(Buffer.byteLength(bounded[key] ?? '')).toBe(MIB);
    expect(bounded.truncated).toEqual([key]);
  });

  test.each<[keyof Result, unknown]>([
    ['structured_output', { text: 'x'.repeat(MIB) }],
    ['permission_denials', [{ text: 'x'.repeat(MIB) }]],
    ['errors', ['x'.repeat(MIB)]],
    ['modelUsage', { ['x'.repeat(MIB)]: { costUSD: 1 } }],
  ])('a large %s is left out, and that is told', (key, value) => {
    const bounded = boundResult({ ...result, [key]: value });
    expect(bounded).toEqual({ ...result, truncated: [key] });
  });

  test('the largest result of all fits into a document', () => {
    const long = 'é'.repeat(2 * MIB);
    const words = { subtype: long, session_id: long, uuid: long, stop_reason: long };
    const bounded = boundResult({
      ...result,
      ...words,
      terminal_reason: long,
      result: long,
      error: long,
      errors: Array(1000).fill('x'.repeat(1000)),
      structured_output: 'x'.repeat(MIB - 2),
      permission_denials: ['x'.repeat(MIB - 4)],
    });
    expect(Buffer.byteLength(JSON.stringify(bounded))).toBeLessThan(6 * MIB);
  });

  test('binding twice changes nothing more', () => {
    const once = boundResult({ ...result, result: 'x'.repeat(2 * MIB), errors: ['x'.repeat(MIB)] });
    expect(boundResult(once)).toEqual(once);
  });
});
