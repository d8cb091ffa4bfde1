import { expect, test } from 'vitest';
import {
  createMessageIdFinder,
  takenMessagesIn,
} from '../../../../apps/worker/src/transcript/taken-messages.ts';

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

test('a message is found in a line that arrives in pieces', () => {
  const id = '01a22cd2-5cbf-7081-8d7c-7b723d85bede';
  const line = JSON.stringify({ type: 'attachment', attachment: { source_uuid: id } });
  const finder = createMessageIdFinder();
  expect(finder.add(Buffer.from(line.slice(0, 50)))).toEqual([]);
  expect(finder.add(Buffer.from(line.slice(50)))).toEqual([]);
  expect(finder.add(Buffer.from('\n{"type":"user"'))).toEqual([id]);
});

test('a message with a document of 60 MB is found, and the document is not held in memory', () => {
  const id = '01a22cd2-5cbf-7081-8d7c-7b723d85bede';
  const finder = createMessageIdFinder();
  const found = finder.add(Buffer.from('{"type":"user","message":{"content":[{"data":"'));
  const piece = Buffer.alloc(1_000_003, 'JVBERi0xLjQK');
  for (let n = 0; n < 60; n += 1) found.push(...finder.add(piece));
  found.push(...finder.add(Buffer.from(`=="}]},"uuid":"${id}"}\n`)));
  expect(found).toEqual([id]);
});
