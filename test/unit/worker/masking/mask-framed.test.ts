import { expect, test } from 'vitest';
import { createFramer } from '../../../../apps/worker/src/claude/framer.ts';
import { splitLine } from '../../../../apps/worker/src/claude/split-line.ts';
import { maskFramed } from '../../../../apps/worker/src/masking/mask-framed.ts';
import { createMasker } from '../../../../apps/worker/src/masking/masker.ts';

const SECRET = 'sk-of-the-operator-0123456789';
const MIB = 1024 * 1024;
const masker = createMasker([SECRET]);

function read(text: string, keepBytes?: number) {
  const lines = createFramer(keepBytes).push(Buffer.from(`${text}\n`));
  return lines.flatMap((framed) => splitLine(maskFramed(framed, masker)));
}

test.each([undefined, 16])(
  'a secret is masked in a line and around it (bytes kept: %s)',
  (keepBytes) => {
    const end = { type: 'result', result: `it is ${SECRET}`, errors: [SECRET] };
    const parts = read(`\u001b]0;x\u0007${JSON.stringify(end)}`, keepBytes);
    expect(JSON.stringify(parts)).not.toContain(SECRET);
    expect(parts.at(-1)?.line).toMatchObject({
      body: { type: 'result', result: `it is ${'*'.repeat(SECRET.length)}` },
    });
    expect(JSON.stringify(read(`warning ${SECRET}`, keepBytes))).not.toContain(SECRET.slice(0, 17));
  },
);

test('a text that is cut within a secret ends before the secret', () => {
  const result = `${'x'.repeat(MIB - 12)}${SECRET}`;
  const [part] = read(JSON.stringify({ type: 'result', result }), 16);
  expect(part?.line).toMatchObject({ body: { result: 'x'.repeat(MIB - 12) } });
});
