import { describe, expect, test } from 'vitest';
import {
  mayChangeFiles,
  summarizeCall,
  toolUseIn,
} from '../../../../apps/worker/src/transcript/file-changing-calls.ts';

const entry = (type: string, content: unknown, fields: object = {}) =>
  JSON.stringify({ parentUuid: null, type, message: { role: type, content }, ...fields });
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'npm test' } };
const RESULT = { tool_use_id: 'toolu_1', type: 'tool_result', content: 'ok', is_error: false };
const NOTIFIED =
  '<task-notification>\n<task-id>a1</task-id>\n<tool-use-id>toolu_1</tool-use-id>\n</task-notification>';
const NOTHING = { calls: [], results: [], ended: [] };

describe('a line of a transcript', () => {
  test.for<[string, string, object | null]>([
    [
      'its calls',
      entry('assistant', [{ type: 'text', text: 'I look.' }, CALL]),
      { ...NOTHING, calls: [{ id: 'toolu_1', name: 'Bash', input: { command: 'npm test' } }] },
    ],
    ['its results', entry('user', [RESULT]), { ...NOTHING, results: ['toolu_1'] }],
    [
      'the end of work in the background, between two turns',
      entry('user', NOTIFIED, { origin: { kind: 'task-notification' } }),
      { ...NOTHING, ended: ['toolu_1'] },
    ],
    [
      'the end of work in the background, during a turn',
      JSON.stringify({
        type: 'attachment',
        attachment: { type: 'queued_command', prompt: NOTIFIED },
      }),
      { ...NOTHING, ended: ['toolu_1'] },
    ],
    ['nothing of a message about notifications', entry('user', NOTIFIED), NOTHING],
    [
      'nothing of a copy of a message',
      JSON.stringify({ type: 'api-request-blob', message: { role: 'user', content: [RESULT] } }),
      NOTHING,
    ],
    ['nothing of a text', entry('user', 'call "tool_use"'), NOTHING],
    ['nothing if it is empty', '', NOTHING],
  ])('shows %s', ([, line, shown]) => {
    expect(toolUseIn(line)).toEqual(shown);
  });

  test.for([
    ['a call that is cut short', entry('assistant', [CALL]).slice(0, -3)],
    ['any entry that is cut short', entry('user', 'hello').slice(0, -3)],
    ['no object', 'hello'],
  ])('cannot be read if it is %s', ([, line]) => {
    expect(toolUseIn(line ?? '')).toBeNull();
  });
});

test.for([
  ['Read', false],
  ['Grep', false],
  ['TodoWrite', false],
  ['Edit', true],
  ['Bash', true],
  ['Agent', true],
  ['TaskOutput', true],
  ['mcp__files__read', true],
  ['SomeLaterTool', true],
] as const)('the tool %s may change files: %s', ([name, may]) => {
  expect(mayChangeFiles(name)).toBe(may);
});

describe('the summary of a call', () => {
  test.for<[string, Record<string, unknown>, string]>([
    ['Bash', { command: 'npm test', description: 'Run the tests' }, 'Bash: npm test'],
    ['Edit', { file_path: '/srv/baton/x/a.ts', old_string: 'a' }, 'Edit: /srv/baton/x/a.ts'],
    ['Agent', { description: 'look', prompt: 'look at it' }, 'Agent: look'],
    ['mcp__db__query', { sql: 'select 1' }, 'mcp__db__query'],
    ['Bash', { command: 'cd /x\n\tmake\u2028all\u0000' }, 'Bash: cd /x make all'],
    ['Bash', { command: 7 }, 'Bash'],
  ])('of %s with %j is one line', ([name, input, summary]) => {
    expect(summarizeCall({ name, input })).toBe(summary);
  });

  test('has at most 200 characters, and no half of a character', () => {
    for (const start of ['', 'x']) {
      const summary = summarizeCall({ name: 'Bash', input: { command: start + '😀'.repeat(300) } });
      expect(summary.length).toBeLessThanOrEqual(200);
      expect(summary.isWellFormed()).toBe(true);
      expect(summary.endsWith('😀…')).toBe(true);
    }
  });
});
