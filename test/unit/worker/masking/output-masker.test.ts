import { describe, expect, test } from 'vitest';
import { createOutputMasker } from '../../../../apps/worker/src/masking/output-masker.ts';

const SECRET = 'topsecretvalue123';
const STARS = '*'.repeat(SECRET.length);
const output = createOutputMasker([SECRET, 'short6', 'true']);

describe('the tail of an output', () => {
  test.each([
    ['a colour', '\u001b[32mtopsecret\u001b[0mvalue123'],
    ['a sequence between all letters', [...SECRET].join('\u001b[1m')],
    ['a NUL', 'topsecret\0value123'],
    ['a title', 'topsecret\u001b]0;title\u0007value123'],
    ['nothing', SECRET],
  ])('masks a secret with %s inside it at equal length', (_, said) => {
    expect(output.tail(`Error: ${said}!\n`, 1_000)).toBe(`Error: ${STARS}!\n`);
  });

  test('masks secrets of six characters, but no shorter secrets', () => {
    expect(output.tail('short6 is true', 1_000)).toBe('****** is true');
  });

  test('loses the rest of a secret only if the output was cut', () => {
    const cut = 'secret\u001b[0mvalue123 and more';
    expect(output.tail(cut, Buffer.byteLength(cut))).toBe(' and more');
    expect(output.tail(cut, 1_000)).toBe('secretvalue123 and more');
  });
});

test('a part of an output keeps its control sequences except those inside a secret', () => {
  const said = '\u001b[1mError:\u001b[0m topsecret\u001b[32mvalue123\u001b[0m';
  const stars = '*'.repeat('topsecret\u001b[32mvalue123'.length);
  expect(output.text(said)).toBe(`\u001b[1mError:\u001b[0m ${stars}\u001b[0m`);
});
