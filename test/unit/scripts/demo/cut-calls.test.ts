import { expect, test } from 'vitest';
import { describeCutCalls } from '../../../../apps/worker/src/attempt/resume-or-restart.ts';
import { cutCallsIn } from '../../../../scripts/demo/cut-calls.ts';

function prompt(content: string) {
  return { type: 'user', subtype: 'prompt', raw: JSON.stringify({ message: { content } }) };
}

test('the demo finds the calls that the last prompt names as cut', () => {
  const calls = ['Bash: echo 1 > a.txt', 'Write: b.txt'];
  const text = `Continue from where you left off.\n\n${describeCutCalls(calls)}\n\nThe path is new.`;
  expect(cutCallsIn([prompt('Begin.'), prompt(text)])).toEqual(calls);
});

test('the demo finds no cut calls in a prompt that names none', () => {
  expect(cutCallsIn([prompt('Begin.\n\n- a point')])).toEqual([]);
  expect(cutCallsIn([])).toEqual([]);
});
