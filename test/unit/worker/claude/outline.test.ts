import { describe, expect, test } from 'vitest';
import { createFramer } from '../../../../apps/worker/src/claude/framer.ts';
import { splitLine } from '../../../../apps/worker/src/claude/split-line.ts';

const KEEP = 64;
const MIB = 1024 * 1024;

/** The parts of a line if the framer kept only the first bytes of the line. */
function split(text: string | Buffer, pieceBytes = 1_000_000) {
  const framer = createFramer(KEEP);
  const stream = Buffer.concat([Buffer.from(text), Buffer.from('\n')]);
  const lines = [];
  for (let at = 0; at < stream.length; at += pieceBytes) {
    lines.push(...framer.push(stream.subarray(at, at + pieceBytes)));
  }
  return lines.flatMap(splitLine);
}

const body = (text: string | Buffer, pieceBytes?: number) => {
  const [part] = split(text, pieceBytes);
  return part?.line.kind === 'event' ? part.line.body : part?.line.kind;
};

const XS = Buffer.alloc(2 * MIB, 'x');

/**
 * The bytes of a result line. Its text is this number of letters and a JSON tail. The bytes are joined,
 * because JSON.stringify and the encoding of such a text take most of the time of a test.
 */
function longResult(letters: number, tail: string): Buffer {
  const start = Buffer.from('{"type":"result","result":"');
  return Buffer.concat([start, XS.subarray(0, letters), Buffer.from(`${tail}"}`)]);
}

const LONG: Record<string, unknown> = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: `quotes " and \\ and \\" and } ] , : ${'é😀\n'.repeat(40)}`,
  usage: { input_tokens: 1, nested: [{ a: '}' }, [], {}] },
  total_cost_usd: 0.25,
  nothing: null,
  'a "key"': [],
  structured_output: { a: [1, '"'] },
};

describe('from a line that is too long to keep,', () => {
  test.each([1, 2, 3, 7, 1_000])('all keys are read in pieces of %i bytes', (size) => {
    expect(body(JSON.stringify(LONG), size)).toEqual(LONG);
    expect(body(JSON.stringify(LONG, null, 1).replaceAll('\n', ' '), size)).toEqual(LONG);
  });

  test('a long text is cut, other long values are dropped, and the result names both', () => {
    const read = body(
      JSON.stringify({
        result: `${'x'.repeat(3 * MIB)}"`,
        structured_output: ['y'.repeat(2 * MIB)],
        type: 'result',
        is_error: true,
        num_turns: 3,
      }),
    );
    expect(read).toEqual({
      result: 'x'.repeat(MIB - 1),
      structured_output: undefined,
      type: 'result',
      is_error: true,
      num_turns: 3,
      truncated: ['result', 'structured_output'],
    });
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'a text is cut without splitting an escape or a character (%i)',
    (shift) => {
      for (const char of ['\\', '\u0001', '€', '😀', '"']) {
        const result = `${'x'.repeat(MIB - 10 + shift)}${char.repeat(20)}`;
        const tail = JSON.stringify(char.repeat(20)).slice(1, -1);
        const read = body(longResult(MIB - 10 + shift, tail)) as typeof LONG;
        expect(result.startsWith(read['result'] as string)).toBe(true);
        expect((read['result'] as string).length).toBeGreaterThan(MIB - 20);
      }
      const escaped = longResult(MIB - 10 + shift, '\\ud83d\\ude00'.repeat(9));
      expect(((body(escaped) as typeof LONG)['result'] as string).isWellFormed()).toBe(true);
    },
  );

  test('values are kept only up to a total size', () => {
    const many = Object.fromEntries(
      Array.from({ length: 9 }, (_, n) => [`k${n}`, 'x'.repeat(MIB - 9)]),
    );
    const read = body(JSON.stringify({ ...many, type: 'late' })) as typeof LONG;
    expect(read).toBe('garbage'); // the type no longer fits
  });

  test('the text before the object is set aside', () => {
    const text = JSON.stringify(LONG);
    const [before, event] = split(`\ufeff\u001b]0;title\u0007${text}\u001b[0m`);
    expect(before?.line.kind).toBe('noise');
    expect(event?.line).toMatchObject({ kind: 'event', type: 'result', body: LONG });
    expect(event?.text.startsWith('{"type"')).toBe(true);
    expect(event?.bytes).toBe(Buffer.byteLength(text) + 4);
  });

  test.each([
    ['text in brackets and braces', '[{ctx}] ', []],
    ['a whole array', '[{"a":1}] ', []],
    ['a broken object', '{"a":bad} ', []],
    ['an event that was cut', '{"type":"user","mes', []],
    ['an event', '{"type":"user"}', ['user']],
    ['umlauts', 'ä{"é":"ü', []],
  ])('the text directly before the object is set aside: %s', (_, before, events) => {
    const text = JSON.stringify(LONG);
    const parts = split(`${before}${text}`);
    const read = parts.flatMap(({ line }) => (line.kind === 'event' ? [line.type] : []));
    expect(read).toEqual([...events, 'result']);
    expect(parts.at(-1)).toMatchObject({ line: { body: LONG }, bytes: Buffer.byteLength(text) });
    expect(parts.at(-1)?.text.startsWith('{"type":"result"')).toBe(true);
  });

  test.each([
    ['torn', JSON.stringify(LONG).slice(0, -5), 'garbage'],
    ['not JSON', `{"a":${'x'.repeat(KEEP)}}`, 'garbage'],
    ['without a type', `{"a":"${'x'.repeat(KEEP)}"}`, 'garbage'],
    ['an object with two values for one key', `{"a":"b":"${'x'.repeat(KEEP)}"}`, 'garbage'],
    ['an array of all lines', `[${JSON.stringify(LONG)}]`, 'noise'],
    ['text', 'x'.repeat(KEEP * 2), 'noise'],
  ])('no value is read if the line is %s', (_, text, kind) => {
    for (const size of [5, 1_000]) expect(body(text, size)).toBe(kind);
  });
});
