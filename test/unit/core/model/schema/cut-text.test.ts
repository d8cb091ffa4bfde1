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
  ])('cuts %j at %i bytes to %j', (text, max, expected) => {
    expect(cutText(text, max)).toBe(expected);
  });
});

describe('boundRaw', () => {
  test('leaves a line of one MiB unchanged', () => {
    const line = 'x'.repeat(MIB);
    expect(boundRaw(line)).toEqual({ raw: line });
  });

  test.each([
    ['plain', 'x'.repeat(MIB + 1)],
    ['with multi-byte characters', '😀'.repeat(MIB / 4 + 1)],
  ])('cuts a longer line (%s) to one MiB and records its full length', (_, line) => {
    const { raw, raw_bytes } = boundRaw(line);
    expect(line.startsWith(raw)).toBe(true);
    expect(Buffer.byteLength(raw)).toBe(MIB);
    expect(raw_bytes).toBe(Buffer.byteLength(line));
  });
});

describe('boundResult', () => {
  test('leaves a small result unchanged', () => {
    const small: Result = { ...result, result: 'done', usage: { input_tokens: 1 }, num_turns: 2 };
    expect(boundResult(small)).toEqual(small);
  });

  test.each(['result', 'error'] as const)('cuts a long %s and lists it as truncated', (key) => {
    const bounded = boundResult({ ...result, [key]: 'é'.repeat(MIB) });
    expect(Buffer.byteLength(bounded[key] ?? '')).toBe(MIB);
    expect(bounded.truncated).toEqual([key]);
  });

  test.each<[keyof Result, unknown]>([
    ['structured_output', { text: 'x'.repeat(MIB) }],
    ['permission_denials', [{ text: 'x'.repeat(MIB) }]],
    ['errors', ['x'.repeat(MIB)]],
    ['modelUsage', { ['x'.repeat(MIB)]: { costUSD: 1 } }],
  ])('leaves out a large %s and lists it as truncated', (key, value) => {
    const bounded = boundResult({ ...result, [key]: value });
    expect(bounded).toEqual({ ...result, truncated: [key] });
  });

  test('keeps the largest possible result below 6 MiB', () => {
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

  test('changes nothing when it is applied a second time', () => {
    const once = boundResult({ ...result, result: 'x'.repeat(2 * MIB), errors: ['x'.repeat(MIB)] });
    expect(boundResult(once)).toEqual(once);
  });
});
