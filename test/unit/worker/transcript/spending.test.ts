import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { spendingIn } from '../../../../apps/worker/src/transcript/spending.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../../fixtures/${name}.transcript.jsonl`, import.meta.url));

const line = (body: object) => `${JSON.stringify(body)}\n`;
const message = (id: string, output_tokens: number) => ({
  type: 'assistant',
  message: { id, model: 'claude-opus-5', usage: { output_tokens } },
});

describe('the spending in a piece of a transcript', () => {
  test('is the final usage of the CLI’s message', () => {
    expect(spendingIn(fixture('answered'))).toMatchObject([
      { model: 'claude-opus-5-5', usage: { input_tokens: 10, output_tokens: 5 } },
    ]);
  });

  test('is empty if the CLI was killed before its message', () => {
    expect(spendingIn(fixture('killed'))).toEqual([]);
  });

  test('is listed for each message, whatever entries come between them', () => {
    const piece =
      line({ type: 'user', message: { content: 'says "type":"assistant" himself' } }) +
      line(message('a', 1)) +
      line({ type: 'cost-state' }) +
      line({ ...message('b', 2), isSidechain: true });
    expect(spendingIn(Buffer.from(piece))).toEqual([
      { messageId: 'a', model: 'claude-opus-5', usage: { output_tokens: 1 }, isSubAgent: false },
      { messageId: 'b', model: 'claude-opus-5', usage: { output_tokens: 2 }, isSubAgent: true },
    ]);
  });

  test('excludes messages that the piece cuts', () => {
    const whole = line(message('a', 1)) + line(message('b', 2));
    expect(spendingIn(Buffer.from(whole.slice(0, -5)))).toHaveLength(1);
    expect(spendingIn(Buffer.from(whole.slice(5)))).toHaveLength(1);
  });
});
