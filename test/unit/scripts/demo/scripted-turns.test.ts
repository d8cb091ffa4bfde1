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
  content:
    'Use Bash to write "One." into note.txt. Then append "Two." to list.txt and wait with `sleep 60`.',
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

  test('appends a line to a second file and waits, if the prompt asks for it', () => {
    expect(answer([longTask])).toMatchObject({
      input: { command: "echo 'One.' > note.txt && cat note.txt" },
    });
    expect(answer(wrote)).toMatchObject({
      input: { command: "echo 'Two.' >> list.txt && sleep 60" },
    });
  });

  test('adds what is missing without waiting when its turn was cut', () => {
    const missing = (line: string, file: string) =>
      `grep -q '${line}' ${file} || echo '${line}' >> ${file}`;
    const command = `${missing('One.', 'note.txt')}; ${missing('Two.', 'list.txt')}; cat note.txt list.txt`;
    expect(answer([...wrote, resumed])).toMatchObject({ input: { command } });
    expect(answer([longTask, resumed])).toMatchObject({ input: { command } });
  });

  test('reads the file that it wrote', () => {
    const read = { role: 'user', content: 'Read the file that you wrote.' };
    expect(answer([...wrote, read])).toMatchObject({ input: { command: 'cat note.txt' } });
  });

  test('reads all files that it edited, each once, if the prompt asks for files', () => {
    const read = { role: 'user', content: 'Read the files that you edited.' };
    const both = "echo 'Two.' >> list.txt && cat note.txt; echo 'Three.' >> note.txt";
    const edited: Messages = [
      ...wrote,
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_2', name: 'Bash', input: { command: both } }],
      },
    ];
    expect(answer([...edited, read])).toMatchObject({
      input: { command: 'cat note.txt list.txt' },
    });
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
