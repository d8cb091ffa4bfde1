import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { segments } from '../../../../apps/worker/src/transcript/segments.ts';

const MEBIBYTE = 1024 * 1024;

/** Returns the segments of a file with this content, and checks where each of them begins. */
async function segmentsOf(content: string, { whole = false, from = 0, to = content.length } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'baton-segments-'));
  writeFileSync(join(folder, 'file'), content);
  const file = openSync(join(folder, 'file'), 'r');
  onTestFinished(() => {
    closeSync(file);
    rmSync(folder, { recursive: true });
  });
  const found: string[] = [];
  let next = from;
  for await (const { at, data } of segments(file, { from, to, whole })) {
    expect(at).toBe(next);
    next += data.length;
    found.push(data.toString('latin1'));
  }
  return found;
}

const line = (bytes: number) => `${'x'.repeat(bytes - 1)}\n`;

test.for<[string, number[]]>([
  ['short lines', [10, 20, 30]],
  ['a line of exactly one megabyte between short lines', [10, MEBIBYTE, 10]],
  ['long lines', [3 * MEBIBYTE + 5, 10, 2 * MEBIBYTE, 5, 1.5 * MEBIBYTE]],
])('a file of %s is read in pieces of whole lines', async ([, sizes]) => {
  const content = sizes.map(line).join('');
  const found = await segmentsOf(content);
  expect(found.join('') === content).toBe(true);
  expect(found.every((piece) => piece.endsWith('\n'))).toBe(true);
});

test('many short lines are pieces of at most a megabyte', async () => {
  const found = await segmentsOf(line(1000).repeat(3000));
  expect(found).toHaveLength(3);
  expect(found.every((piece) => piece.length <= MEBIBYTE)).toBe(true);
});

test('a long line is one piece, also without a line end', async () => {
  const long = 'y'.repeat(2.5 * MEBIBYTE);
  expect((await segmentsOf(line(10) + long)).map((piece) => piece.length)).toEqual([
    10,
    long.length,
  ]);
});

test('a whole file is one piece', async () => {
  const content = line(10).repeat(300_000);
  expect(await segmentsOf(content, { whole: true })).toHaveLength(1);
});

test('only the bytes between two offsets are read, up to the end of a file that became shorter', async () => {
  const content = line(10) + line(2 * MEBIBYTE) + line(10);
  const to = content.length - 10;
  expect((await segmentsOf(content, { from: 10, to })).join('') === content.slice(10, to)).toBe(
    true,
  );
  // The last line would end behind the end of the file, so it is left out.
  const shorter = await segmentsOf(content, { to: content.length + 1 });
  expect(shorter.join('') === content.slice(0, to)).toBe(true);
});
