import { expect, test } from 'vitest';
import { createTypeFinder } from '../../../../../packages/core/src/model/files/media-type.ts';

async function typeOf(...pieces: (Buffer | string)[]): Promise<string> {
  const finder = createTypeFinder();
  for (const piece of pieces) finder.add(Buffer.from(piece as string));
  return finder.find();
}

test('A character that is cut between two pieces is still text', async () => {
  const [head, tail] = [Buffer.from([0xe2, 0x82]), Buffer.from([0xac])];
  expect(await typeOf(head, tail)).toBe('text/plain');
  expect(await typeOf(head)).toBe('application/octet-stream');
});

test('Text that ends in bytes of another encoding is no text, however long it is', async () => {
  expect(await typeOf('a'.repeat(100_000), Buffer.from([0xff]))).toBe('application/octet-stream');
});

test('A signature decides, also if it comes in single bytes', async () => {
  const gif = Buffer.from('GIF89a\0\0\0\0');
  expect(await typeOf(...[...gif].map((byte) => Buffer.from([byte])))).toBe('image/gif');
});

test('A damaged archive has a type', async () => {
  const zip = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(20, 0xff)]);
  expect(['application/zip', 'application/octet-stream']).toContain(await typeOf(zip));
});
