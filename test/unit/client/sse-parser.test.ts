import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseParser, type SseMessage } from '../../../packages/client/src/sse-parser.ts';

const message = (fields: Partial<SseMessage>): SseMessage => ({
  event: 'message',
  id: undefined,
  data: '',
  ...fields,
});

describe('a stream of server-sent events', () => {
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
  ])('%j', (text, messages) => {
    expect(createSseParser().push(text)).toEqual(messages);
  });

  test('is the same with any end of lines, in any pieces', () => {
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
          // A last carriage return might be followed by a line feed: it counts with what comes next.
          const messages = [...pieces, ':'].flatMap((piece) => parser.push(piece));
          expect(messages).toEqual(whole);
          expect(parser.retryMs()).toBe(50);
        },
      ),
    );
  });

  test('tells how much it holds of a message that is not complete', () => {
    const parser = createSseParser();
    parser.push(`data: ${'x'.repeat(1_000)}`);
    expect(parser.bufferedLength()).toBeGreaterThanOrEqual(1_000);
    parser.push(`\ndata: ${'x'.repeat(1_000)}\n`);
    expect(parser.bufferedLength()).toBeGreaterThanOrEqual(2_000);
    parser.push('\n');
    expect(parser.bufferedLength()).toBe(0);
  });
});
