import { describe, expect, test } from 'vitest';
import { createChangeWatch } from '../../../../apps/worker/src/attempt/change-watch.ts';
import { parseLine } from '../../../../apps/worker/src/claude/line.ts';

function call(id: string, name: string) {
  const content = [{ type: 'tool_use', id, name, input: {} }];
  return parseLine(JSON.stringify({ type: 'assistant', message: { content } }));
}

function result(...ids: string[]) {
  const content = ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'done' }));
  return parseLine(JSON.stringify({ type: 'user', message: { content } }));
}

describe('the watch of a run', () => {
  test.each(['Bash', 'Edit', 'Write', 'mcp__files__put', 'ToolOfALaterCli'])(
    'sees a change when %s returns',
    (name) => {
      const watch = createChangeWatch();
      expect(watch.observe(call('1', name))).toBe(false);
      expect(watch.observe(result('1'))).toBe(true);
    },
  );

  test.each(['Read', 'Grep', 'WebFetch'])('sees no change when %s returns', (name) => {
    const watch = createChangeWatch();
    watch.observe(call('1', name));
    expect(watch.observe(result('1'))).toBe(false);
  });

  test('sees a change if one of several results is of a call that changes files', () => {
    const watch = createChangeWatch();
    for (const [id, name] of [
      ['1', 'Read'],
      ['2', 'Bash'],
    ] as const)
      watch.observe(call(id, name));
    expect(watch.observe(result('1', '2'))).toBe(true);
  });

  test('sees a change in a result whose call it has not seen', () => {
    expect(createChangeWatch().observe(result('1'))).toBe(true);
  });

  test.each(['hello', '{"type":"user","message":{"content":"hello"}}', '{"type":"result"}', '{'])(
    'sees no change in %j',
    (line) => {
      expect(createChangeWatch().observe(parseLine(line))).toBe(false);
    },
  );
});
