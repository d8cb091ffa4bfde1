import { describe, expect, test } from 'vitest';
import { openInput } from '../../../../apps/worker/src/claude/input.ts';
import { parseLine } from '../../../../apps/worker/src/claude/line.ts';

const PROMPT = { uuid: '5d0c3f0a-9e0b-4a57-8f4e-2b1f6f0f9a31', text: 'say "hi"\nin two lines' };

/** An open input, and what was written to it since the prompt. */
function open() {
  const lines: unknown[] = [];
  const closed: true[] = [];
  const input = openInput(
    {
      write: (text) =>
        void lines.push(
          ...text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
        ),
      drained: async () => undefined,
      closeInput: () => void closed.push(true),
    },
    PROMPT,
  );
  const first = lines.splice(0);
  return { input, first, lines, closed };
}

const ask = (request_id: string, subtype: string) =>
  parseLine(JSON.stringify({ type: 'control_request', request_id, request: { subtype } }));

describe('the input of a process', () => {
  test('begins with initialize and the prompt', () => {
    expect(open().first).toEqual([
      {
        type: 'control_request',
        request_id: expect.any(String),
        request: { subtype: 'initialize' },
      },
      {
        type: 'user',
        message: { role: 'user', content: [{ type: 'text', text: PROMPT.text }] },
        parent_tool_use_id: null,
        session_id: '',
        uuid: PROMPT.uuid,
      },
    ]);
  });

  test('sends a message with its priority', () => {
    const { input, lines } = open();
    expect(input.send({ uuid: 'u', text: 'stop', priority: 'now' })).toBe(true);
    expect(lines).toEqual([expect.objectContaining({ uuid: 'u', priority: 'now' })]);
  });

  test('withdraws the waiting messages before it interrupts the turn', () => {
    const { input, lines } = open();
    expect(input.interrupt(['a', 'b'])).toBe(true);
    expect(lines).toMatchObject([
      { request: { subtype: 'cancel_async_message', message_uuid: 'a' } },
      { request: { subtype: 'cancel_async_message', message_uuid: 'b' } },
      { request: { subtype: 'interrupt' } },
    ]);
  });

  test('denies a tool call that the CLI asks about', () => {
    const { input, lines } = open();
    input.answer(ask('r1', 'can_use_tool'));
    expect(lines).toMatchObject([
      {
        type: 'control_response',
        response: { subtype: 'success', request_id: 'r1', response: { behavior: 'deny' } },
      },
    ]);
  });

  test('refuses every other question of the CLI', () => {
    const { input, lines } = open();
    input.answer(ask('r2', 'hook_callback'));
    expect(lines).toMatchObject([
      {
        response: { subtype: 'error', request_id: 'r2', error: expect.stringContaining('hook') },
      },
    ]);
  });

  test('ignores lines that ask nothing', () => {
    const { input, lines } = open();
    input.answer(parseLine('{"type":"system","subtype":"init"}'));
    input.answer(parseLine('{"type":"control_request"}'));
    expect(lines).toEqual([]);
  });

  test('writes nothing after it is closed, and is closed once', () => {
    const { input, lines, closed } = open();
    input.close();
    input.close();
    expect(input.send({ uuid: 'u', text: 'late' })).toBe(false);
    expect(input.interrupt([])).toBe(false);
    input.answer(ask('r3', 'can_use_tool'));
    expect(lines).toEqual([]);
    expect(closed).toEqual([true]);
  });
});
