import { describe, expect, test } from 'vitest';
import { type ClaudeLine, parseLine } from '../../../../apps/worker/src/claude/line.ts';
import {
  cliRequestOf,
  isProtocolLine,
  messageStateOf,
} from '../../../../apps/worker/src/claude/protocol-line.ts';

const line = (body: object): ClaudeLine => parseLine(JSON.stringify(body));

describe('a protocol line', () => {
  test.for([
    'command_lifecycle',
    'control_cancel_request',
    'control_request',
    'control_response',
    'keep_alive',
  ])('has the type %s', (type) => {
    expect(isProtocolLine(line({ type }))).toBe(true);
  });

  test.for(['user', 'assistant', 'system', 'result', 'a_new_type'])(
    'does not have the type %s',
    (type) => {
      expect(isProtocolLine(line({ type }))).toBe(false);
    },
  );

  test('is no noise', () => {
    expect(isProtocolLine({ kind: 'noise' })).toBe(false);
  });
});

test('a command_lifecycle line tells the state of a message', () => {
  const state = line({ type: 'command_lifecycle', command_uuid: 'u', state: 'started' });
  expect(messageStateOf(state)).toEqual({ uuid: 'u', state: 'started' });
  expect(messageStateOf(line({ type: 'command_lifecycle', state: 'started' }))).toBeNull();
  expect(messageStateOf(line({ type: 'user', command_uuid: 'u', state: 'started' }))).toBeNull();
});

test('a control_request line is a question of the CLI', () => {
  const request = { subtype: 'can_use_tool' };
  expect(cliRequestOf(line({ type: 'control_request', request_id: 'r', request }))).toEqual({
    id: 'r',
    subtype: 'can_use_tool',
  });
  expect(cliRequestOf(line({ type: 'control_request', request_id: 'r' }))).toEqual({
    id: 'r',
    subtype: 'unknown',
  });
  expect(cliRequestOf(line({ type: 'control_request', request }))).toBeNull();
  expect(cliRequestOf(line({ type: 'control_response', request_id: 'r', request }))).toBeNull();
});
