import { expect, test } from 'vitest';
import { endsTurn } from '../../../../apps/worker/src/transcript/ends-turn.ts';

const entry = (type: string, ...content: object[]) =>
  JSON.stringify({ type, message: { role: type, content } });
const TEXT = { type: 'text', text: 'done' };
const CALL = { type: 'tool_use', id: 't', name: 'Bash', input: {} };

const CUT = JSON.stringify({
  type: 'assistant',
  message: { role: 'assistant', stop_reason: 'tool_use', content: [TEXT] },
});

test.for<[string, string | undefined, boolean]>([
  ['an answer', entry('assistant', TEXT), true],
  ['a tool call', entry('assistant', CALL), false],
  ['a text with a tool call', entry('assistant', TEXT, CALL), false],
  ['the text of a message whose tool call was cut', CUT, false],
  ['an assistant entry without content', entry('assistant'), false],
  ['a user entry', entry('user', TEXT), false],
  ['an incomplete line', '{"type":"assistant"', false],
  ['no message', undefined, false],
])('a transcript that ends with %s ends its turn: %s', ([, line, isOver]) => {
  expect(endsTurn(line)).toBe(isOver);
});
