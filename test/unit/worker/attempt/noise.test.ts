import { expect, test } from 'vitest';
import { createNoise } from '../../../../apps/worker/src/attempt/noise.ts';
import { splitLine } from '../../../../apps/worker/src/claude/split-line.ts';
import { createOutputMasker } from '../../../../apps/worker/src/masking/output-masker.ts';

const SECRET = 'topsecretvalue123';

function noiseOf(...lines: string[]) {
  const noise = createNoise(createOutputMasker([SECRET]));
  const recorded = lines
    .flatMap((text) => splitLine({ text, bytes: Buffer.byteLength(text) }))
    .map((part) => noise.record(part)?.raw);
  return { recorded, tail: noise.tail() };
}

test.each([
  ['a colour', 'topsecret\u001b[0mvalue123'],
  ['a sequence between all letters', [...SECRET].join('\u001b[1m')],
  ['a NUL', 'topsecret\0value123'],
])('noise events and the noise tail mask a secret with %s inside it', (_, said) => {
  const { recorded, tail } = noiseOf(`Error: ${said}`, 'and more');
  expect(recorded).toEqual([`Error: ${'*'.repeat(said.length)}`, 'and more']);
  expect(tail).toBe(`Error: ${'*'.repeat(SECRET.length)}\nand more`);
});
