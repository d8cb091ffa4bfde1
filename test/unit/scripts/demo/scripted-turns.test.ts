import { describe, expect, test } from 'vitest';
import { scriptedTurn } from '../../../../scripts/demo/scripted-turns.ts';
import { type MessagesBody, readRequest } from '../../../support/messages-api/request.ts';

type Messages = MessagesBody['messages'];

const task = { role: 'user', content: 'Use Bash to write "On its way." into note.txt, please.' };
const question = { role: 'user', content: 'Which file did you write?' };
const history: Messages = [
  task,
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'I will.' },
      { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'echo hi > note.txt' } },
    ],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'hi\n' }] },
];

const longTask = {
  role: 'user',
  content: 'Use Bash to write "One." into note.txt. Then append "Two." and wait with `sleep 60`.',
};
const wrote: Messages = [
  longTask,
  {
    role: 'assistant',
    content: [
      {
        type: 'tool_use',
        id: 'toolu_1',
        name: 'Bash',
        input: { command: "echo 'One.' > note.txt" },
      },
    ],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'One.' }] },
];
const resumed = {
  role: 'user',
  content: 'Continue from where you left off.\n\nA worker was lost.',
};

function answer(messages: Messages): unknown {
  const reply = scriptedTurn(readRequest({}, { model: 'any', messages }));
  return reply.kind === 'message' ? reply.content.at(-1)?.block : reply;
}

describe('the scripted model of the demo', () => {
  test('writes the file that the prompt asks for', () => {
    expect(answer([task])).toMatchObject({
      type: 'tool_use',
      name: 'Bash',
      input: { command: "echo 'On its way.' > note.txt && cat note.txt" },
    });
  });

  test('appends a second line and waits, if the prompt asks for it', () => {
    expect(answer([longTask])).toMatchObject({
      input: { command: "echo 'One.' > note.txt && cat note.txt" },
    });
    expect(answer(wrote)).toMatchObject({
      input: { command: "echo 'Two.' >> note.txt && sleep 60" },
    });
  });

  test('adds the second line without waiting when its turn was cut', () => {
    const command = "grep -q 'Two.' note.txt || echo 'Two.' >> note.txt; cat note.txt";
    expect(answer([...wrote, resumed])).toMatchObject({ input: { command } });
    expect(answer([longTask, resumed])).toMatchObject({ input: { command } });
  });

  test('reads the file that it wrote', () => {
    const read = { role: 'user', content: 'Read the file that you wrote.' };
    expect(answer([...wrote, read])).toMatchObject({ input: { command: 'cat note.txt' } });
  });

  test('repeats the output of the tool', () => {
    expect(answer(history)).toMatchObject({ text: 'Bash is done. The file holds: hi' });
  });

  test('finds the file and the number of earlier prompts in the history', () => {
    expect(answer([...history, question])).toMatchObject({
      text: 'You have asked me 1 time(s) before. I then wrote note.txt with Bash.',
    });
  });

  test('names no earlier prompt if the request has no history', () => {
    expect(answer([question])).toMatchObject({
      text: 'This is a scripted answer, number 1 of this conversation.',
    });
  });
});
