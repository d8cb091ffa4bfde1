import { type ContentBlock, defined } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { messagePieces, type ReadFile } from '../../../../apps/worker/src/claude/message-pieces.ts';

const UUID = '5d0c3f0a-9e0b-4a57-8f4e-2b1f6f0f9a31';

/** A block that shows the file of this name. */
const shows = (type: 'image' | 'document', file_id: string, title?: string): ContentBlock => ({
  type,
  source: { type: 'file', file_id },
  ...defined({ title }),
});

async function piecesOf(
  blocks: readonly ContentBlock[],
  files: Record<string, ReadFile>,
): Promise<string[]> {
  const message = { uuid: UUID, text: '', blocks, priority: 'later' as const };
  const pieces: string[] = [];
  for await (const piece of messagePieces(message, async (id) => files[id] ?? null)) {
    pieces.push(piece);
  }
  return pieces;
}

describe('a message of blocks', () => {
  test('is one line of JSON with the bytes of its files', async () => {
    const bytes = Buffer.from(Array.from({ length: 500_001 }, (_, at) => at % 251));
    const words = Buffer.from('zwölf "Zeilen"\n\t🎼'.repeat(20_000));
    const blocks: ContentBlock[] = [
      { type: 'text', text: 'look' },
      shows('document', 'pdf', 'plan.pdf'),
      shows('image', 'png', 'a.png'),
      shows('document', 'txt'),
      { type: 'text', text: 'again' },
    ];
    const pieces = await piecesOf(blocks, {
      pdf: { bytes, mediaType: 'application/pdf' },
      png: { bytes: bytes.subarray(0, 10), mediaType: 'image/png' },
      txt: { bytes: words, mediaType: 'text/plain' },
    });
    const line = pieces.join('');
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(600 * 1024);
    expect(JSON.parse(line)).toEqual({
      type: 'user',
      uuid: UUID,
      priority: 'later',
      session_id: '',
      parent_tool_use_id: null,
      message: {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          {
            type: 'document',
            source: {
              type: 'base64',
              media_type: 'application/pdf',
              data: bytes.toString('base64'),
            },
            title: 'plan.pdf',
          },
          {
            type: 'image',
            source: {
              type: 'base64',
              media_type: 'image/png',
              data: bytes.subarray(0, 10).toString('base64'),
            },
          },
          {
            type: 'document',
            source: { type: 'text', media_type: 'text/plain', data: words.toString() },
          },
          { type: 'text', text: 'again' },
        ],
      },
    });
  });

  test('says so if a file cannot be read any more', async () => {
    const pieces = await piecesOf([shows('image', 'gone', 'a.png')], {});
    expect(JSON.parse(pieces.join('')).message.content).toEqual([
      { type: 'text', text: '[The image a.png cannot be read any more.]' },
    ]);
  });
});
