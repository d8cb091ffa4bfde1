import { expect, test } from 'vitest';
import { takenMessagesIn } from '../../../../apps/worker/src/transcript/taken-messages.ts';

const taken = (entry: object) => takenMessagesIn(JSON.stringify(entry));

test('an attachment names the message that came during a turn', () => {
  const attachment = { type: 'queued_command', source_uuid: 'a', prompt: 'x' };
  expect(taken({ type: 'attachment', uuid: 'entry', attachment })).toEqual(['a']);
});

test('an entry names the messages that were merged into it', () => {
  expect(taken({ type: 'user', uuid: 'c', mergedSendUuids: ['a', 'b', 7] })).toEqual(['a', 'b']);
});

test('a message that the CLI only put into its queue is not taken', () => {
  const content = JSON.stringify({ source_uuid: 'a' });
  expect(taken({ type: 'queue-operation', operation: 'enqueue', content })).toEqual([]);
});

test('the ids in the input of a tool call do not count', () => {
  const input = { source_uuid: 'a', mergedSendUuids: ['b'] };
  const message = { role: 'assistant', content: [{ type: 'tool_use', name: 'X', input }] };
  expect(taken({ type: 'assistant', uuid: 'c', message })).toEqual([]);
});

test('an incomplete line names no message', () => {
  expect(takenMessagesIn('{"type":"user","mergedSendUuids":["a"')).toEqual([]);
});
