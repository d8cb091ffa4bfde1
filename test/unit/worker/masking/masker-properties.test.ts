import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createMasker } from '../../../../apps/worker/src/masking/masker.ts';

const secret = fc.string({
  unit: fc.constantFrom(...'ab"\\/\nuü😀0 '),
  minLength: 8,
  maxLength: 12,
});

// A secret, any JSON value, and words. Some of the words are the secret.
const scene = secret.chain((hidden) =>
  fc.tuple(
    fc.constant(hidden),
    fc.jsonValue({ maxDepth: 3 }),
    fc.array(fc.oneof(fc.constant(hidden), fc.string({ unit: fc.constantFrom(...'a"\\n\nu') }))),
  ),
);

/** The same value with every string replaced by an empty string. */
function withoutStrings(value: unknown): unknown {
  if (typeof value === 'string') return '';
  if (Array.isArray(value)) return value.map(withoutStrings);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutStrings(one)]));
}

// Each test checks hundreds of documents, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

test('a masked line keeps its length and everything but its string values', () => {
  fc.assert(
    fc.property(scene, ([hidden, value, words]) => {
      const document = {
        value,
        text: words.join(''),
        nested: JSON.stringify({ words }),
        id: hidden,
      };
      const line = JSON.stringify(document);
      const masked = createMasker([hidden]).line(line);
      expect(Buffer.byteLength(masked)).toBe(Buffer.byteLength(line));
      const parsed = JSON.parse(masked);
      expect(withoutStrings(parsed)).toEqual(withoutStrings(JSON.parse(line)));
      expect(parsed.id).toBe(hidden);
      expect(parsed.text).not.toContain(hidden);
    }),
    { numRuns: 200 },
  );
});

test('masked text keeps its length in bytes and holds no secret', () => {
  fc.assert(
    fc.property(scene, ([hidden, , words]) => {
      const text = words.join('');
      const masked = createMasker([hidden]).text(text);
      expect(Buffer.byteLength(masked)).toBe(Buffer.byteLength(text));
      expect(masked).not.toContain(hidden);
    }),
    { numRuns: 200 },
  );
});

test('a masked line does not change when it is masked again', () => {
  fc.assert(
    fc.property(scene, ([hidden, value, words]) => {
      const { line } = createMasker([hidden]);
      const masked = line(JSON.stringify({ value, text: words.join('') }));
      expect(line(masked)).toBe(masked);
    }),
  );
});

test('bytes may hold a secret if and only if one of their overlapping pieces may', () => {
  const noise = fc.string({ unit: fc.constantFrom(...'ab"\\/\nuü😀0 \u001b\u0007') });
  fc.assert(
    fc.property(
      scene,
      fc.array(noise),
      fc.integer({ min: 1, max: 9 }),
      ([hidden, , words], noises, size) => {
        const data = Buffer.from(JSON.stringify([...words, ...noises]));
        const masker = createMasker([hidden]);
        const pieces = Array.from({ length: Math.ceil(data.length / size) }, (_, index) =>
          data.subarray(index * size, (index + 1) * size + masker.signBytes),
        );
        expect(pieces.some((piece) => masker.mayHold(piece))).toBe(masker.mayHold(data));
        if (!masker.mayHold(data)) expect(masker.lines(data)).toBe(data);
      },
    ),
  );
});
