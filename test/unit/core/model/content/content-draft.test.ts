import { describe, expect, test } from 'vitest';
import { textOfContent } from '../../../../../packages/core/src/model/content/content.ts';
import {
  draftPrompt,
  type PromptRequest,
} from '../../../../../packages/core/src/model/content/content-draft.ts';

const FILE = '0197f0a0-0000-7000-8000-000000000001';

type Content = NonNullable<PromptRequest['content']>;

const picture = (data: string) => ({
  type: 'image' as const,
  source: { type: 'base64' as const, data },
});

describe('a draft of content', () => {
  test('takes the bytes out of its blocks and names them by their hash', () => {
    const content: Content = [
      { type: 'text', text: 'look' },
      { ...picture('aGVsbG8='), title: 'a.png' },
      { type: 'document', source: { type: 'text', data: 'wörds', media_type: 'text/plain' } },
      { type: 'document', source: { type: 'file', file_id: FILE } },
    ];
    const { query, draft } = draftPrompt({ content });
    expect(query).toBe('look');
    expect(draft?.uploads.map(({ index, bytes }) => [index, bytes.toString()])).toEqual([
      [1, 'hello'],
      [2, 'wörds'],
    ]);
    expect([...(draft?.claimedTypes ?? [])]).toEqual([[2, 'text/plain']]);
    expect(JSON.stringify(draft?.blocks)).not.toContain('aGVsbG8=');
    expect(draft?.blocks[3]).toEqual({ type: 'document', source: { type: 'file', file_id: FILE } });
  });

  test('is the same for equal requests, and another for other bytes', () => {
    const blocksOf = (data: string) => draftPrompt({ content: [picture(data)] }).draft?.blocks;
    expect(blocksOf('aGVsbG8=')).toEqual(blocksOf('aGVsbG8='));
    expect(blocksOf('aGVsbG8=')).not.toEqual(blocksOf('aGVsbG8h'));
  });

  test.each(['aGVsbG8', 'aGVs\nbG8=', 'aGVsbG8-', '====', 'a', 'aGVs=bG8'])(
    'is refused if its base64 is broken: %j',
    (data) => {
      const content = [{ type: 'text' as const, text: 'x' }, picture(data)];
      expect(() => draftPrompt({ content })).toThrow(
        expect.objectContaining({
          code: 'INVALID_REQUEST',
          details: { field: 'content.1.source.data' },
        }),
      );
    },
  );

  test('may come with the query that stands for it, and with no other', () => {
    const content: Content = [{ type: 'text', text: 'look' }];
    expect(draftPrompt({ query: 'look', content }).query).toBe('look');
    expect(() => draftPrompt({ query: 'listen', content })).toThrow('not both');
    expect(() => draftPrompt({})).toThrow('expected a query or content');
  });
});

test('the text of content is its texts, or a line for each picture and document', () => {
  const image = picture('aGVsbG8=');
  expect(textOfContent([{ type: 'text', text: 'a' }, image, { type: 'text', text: 'b' }])).toBe(
    'a\n\nb',
  );
  expect(textOfContent([{ ...image, title: 'plan.png' }, image])).toBe(
    '[image: plan.png]\n[image]',
  );
});
