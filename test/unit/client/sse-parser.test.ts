import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseParser, type SseMessage } from '../../../packages/client/src/sse-parser.ts';

const message = (fields: Partial<SseMessage>): SseMessage => ({
  event: 'message',
  id: undefined,
  data: '',
  ...fields,
});

describe('the parser of server-sent events', () => {
  test.each([
    ['event: a\nid: 7\ndata: {}\n\n', [message({ event: 'a', id: '7', data: '{}' })]],
    ['data:x\n\n', [message({ data: 'x' })]],
    ['data: 1\ndata: 2\n\n', [message({ data: '1\n2' })]],
    ['data: a: b\n\n', [message({ data: 'a: b' })]],
    ['data\n\n', [message({ data: '' })]],
    [':\n\n: hello\n\nevent: a\n\n', []],
    ['data: 1\n\ndata: 2\n\n', [message({ data: '1' }), message({ data: '2' })]],
    ['id: 1\ndata: 1\n\ndata: 2\n\n', [message({ id: '1', data: '1' }), message({ data: '2' })]],
    ['data: cut off\n', []],
  ])('reads %j', (text, messages) => {
    expect(createSseParser().push(text)).toEqual(messages);
  });

  test('gives the same messages for any line endings and any chunks', () => {
    const text = 'retry: 50\n\nevent: a\nid: 1\ndata: x\ndata: y\n\n:\n\ndata: {"a":"ü"}\n\n';
    const whole = createSseParser().push(text);
    expect(whole).toHaveLength(2);
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(80), { maxLength: 12 }),
        (end, cuts) => {
          const sent = text.replaceAll('\n', end);
          const at = [0, ...cuts.toSorted((a, b) => a - b), sent.length];
          const parser = createSseParser();
          const pieces = at.slice(1).map((to, index) => sent.slice(at[index], to));
          // After a final carriage return the parser waits for a line feed. The ':' ends the wait.
          const messages = [...pieces, ':'].flatMap((piece) => parser.push(piece));
          expect(messages).toEqual(whole);
          expect(parser.retryMs()).toBe(50);
        },
      ),
    );
  });

  test('reports how much of an incomplete message it has buffered', () => {
    const parser = createSseParser();
    parser.push(`data: ${'x'.repeat(1_000)}`);
    expect(parser.bufferedLength()).toBeGreaterThanOrEqual(1_000);
    parser.push(`\ndata: ${'x'.repeat(1_000)}\n`);
    expect(parser.bufferedLength()).toBeGreaterThanOrEqual(2_000);
    parser.push('\n');
    expect(parser.bufferedLength()).toBe(0);
  });
});
