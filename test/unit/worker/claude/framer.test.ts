import { describe, expect, test } from 'vitest';
import { createFramer, type FramedLine } from '../../../../apps/worker/src/claude/framer.ts';

/** The lines of a stream that arrives in pieces of this many bytes. */
function frame(stream: Buffer, pieceBytes: number, keepBytes?: number): FramedLine[] {
  const framer = createFramer(keepBytes);
  const lines: FramedLine[] = [];
  for (let at = 0; at < stream.length; at += pieceBytes) {
    lines.push(...framer.push(stream.subarray(at, at + pieceBytes)));
  }
  const rest = framer.flush();
  return rest ? [...lines, rest] : lines;
}

const STREAMS: [string, string, string[]][] = [
  ['lines', 'one\ntwo\n', ['one', 'two']],
  ['a last line without an end', 'one\ntwo', ['one', 'two']],
  ['empty lines', '\n\na\n', ['', '', 'a']],
  ['an empty stream', '', []],
  ['a line of wide characters', '€😀\nñ\n', ['€😀', 'ñ']],
  ['a carriage return, which is part of its line', 'a\r\nb\n', ['a\r', 'b']],
  ['separators that only JavaScript treats as line ends', 'a\u2028b\u2029c\n', ['a\u2028b\u2029c']],
];

describe('the framer', () => {
  test.each(STREAMS)('finds the same lines in pieces of any size: %s', (_name, stream, lines) => {
    const bytes = Buffer.from(stream);
    for (const size of [1, 2, 3, 5, 1_000]) {
      expect(frame(bytes, size).map(({ text }) => text)).toEqual(lines);
    }
  });

  test('keeps the beginning of a long line, counts the rest, and keeps the next line whole', () => {
    const bytes = Buffer.from(`${'x'.repeat(50)}\nshort\n${'y'.repeat(40)}`);
    for (const size of [1, 7, 1_000]) {
      expect(frame(bytes, size, 10)).toEqual([
        { text: 'x'.repeat(10), bytes: 50 },
        { text: 'short', bytes: 5 },
        { text: 'y'.repeat(10), bytes: 40 },
      ]);
    }
  });

  test('counts bytes, not characters', () => {
    expect(frame(Buffer.from('€\n'), 1)).toEqual([{ text: '€', bytes: 3 }]);
  });
});
