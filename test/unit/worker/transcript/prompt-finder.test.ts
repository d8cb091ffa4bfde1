import { describe, expect, test } from 'vitest';
import { createPromptFinder } from '../../../../apps/worker/src/transcript/prompt-finder.ts';

const entry = (content: unknown, type = 'user') => JSON.stringify({ type, message: { content } });

const LINES: [string, string, boolean][] = [
  ['is found as text', entry('do "it"\nnow'), true],
  ['is found as a block', entry([{ type: 'text', text: 'do "it"\nnow' }]), true],
  ['is not found in another prompt', entry('do it'), false],
  ['is not found in the same words of the model', entry('do "it"\nnow', 'assistant'), false],
  ['is not found inside a longer prompt', entry('please do "it"\nnow'), false],
  [
    'is not found in a tool result',
    entry([{ type: 'tool_result', content: 'do "it"\nnow' }]),
    false,
  ],
  ['is not found in a truncated line', entry('do "it"\nnow').slice(0, -3), false],
  ['is not found in an entry without a message', '{"type":"user"}', false],
];

describe('the prompt in a transcript', () => {
  test.each(LINES)('%s', (_name, line, isFound) => {
    const finder = createPromptFinder('do "it"\nnow', 100);
    finder.observe(line, 100);
    expect(finder.found()).toBe(isFound);
  });

  test('is found as a slash command by its name', () => {
    const line = entry('<command-name>/review</command-name>\n<command-args>it all</command-args>');
    for (const [prompt, isFound] of [
      ['/review it all', true],
      ['/rev', false],
      ['review', false],
    ] as const) {
      const finder = createPromptFinder(prompt, 0);
      finder.observe(line, 0);
      expect(finder.found()).toBe(isFound);
    }
  });

  test('is not found in the parent’s part of the transcript', () => {
    const finder = createPromptFinder('again', 100);
    finder.observe(entry('again'), 99);
    expect(finder.found()).toBe(false);
    finder.observe(entry('again'), 100);
    finder.observe(entry('other'), 150);
    expect(finder.found()).toBe(true);
  });

  test('is not searched for by its text if it has none of its own', () => {
    const finder = createPromptFinder(null, 0);
    finder.observe(entry('do it'), 0);
    expect(finder.found()).toBe(false);
  });
});
