import { expect, test } from 'vitest';
import { createLineWriter } from '../../../../apps/worker/src/claude/line-writer.ts';
import { waitFor } from '../../../support/wait.ts';

const UUID = '5d0c3f0a-9e0b-4a57-8f4e-2b1f6f0f9a31';

test('a line that comes while a message of blocks is written waits for its end, and so does the end of stdin', async () => {
  const file = Promise.withResolvers<{ bytes: Buffer; mediaType: string }>();
  let written = '';
  let isClosed = false;
  const claude = {
    write: (text: string) => {
      written += text;
    },
    drained: async () => undefined,
    closeInput: () => {
      isClosed = true;
    },
  };
  const lines = createLineWriter(claude, () => file.promise);
  lines.write('"first"\n');
  lines.write({
    uuid: UUID,
    text: '',
    blocks: [{ type: 'image', source: { type: 'file', file_id: UUID } }],
  });
  lines.write('"second"\n');
  lines.write({ uuid: UUID, text: 'words' });
  lines.end();
  expect(written).toBe('"first"\n');
  file.resolve({ bytes: Buffer.alloc(1_000_000, 'x'), mediaType: 'image/png' });
  await waitFor('the end of stdin', () => isClosed);
  const all = written.trimEnd().split('\n');
  expect(all.map((line) => JSON.parse(line).message?.content[0].type ?? JSON.parse(line))).toEqual([
    'first',
    'image',
    'second',
    'text',
  ]);
});
