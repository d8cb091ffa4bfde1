import { expect, test } from 'vitest';
import { eventLine } from '../../../../scripts/demo/event-line.ts';

const said = (content: unknown) => ({ type: 'assistant', message: { role: 'assistant', content } });

test.for([
  [{ type: 'user', subtype: 'prompt', message: { content: 'do\n it' } }, 'user/prompt    do it'],
  [{ type: 'system', subtype: 'init', model: 'opus' }, 'system/init    opus'],
  [said([{ type: 'text', text: 'Hello.' }]), 'assistant      Hello.'],
  [said([{ type: 'tool_use', name: 'Bash', input: { command: 'ls' } }]), 'assistant      Bash: ls'],
  [
    said([{ type: 'tool_use', name: 'Read', input: { file_path: 'a' } }]),
    'assistant      Read: {"file_path":"a"}',
  ],
  [said([{ type: 'thinking', thinking: 'hm' }]), 'assistant      thinking'],
  [
    { type: 'user', message: { content: [{ type: 'tool_result', content: 'out\n' }] } },
    'user           out',
  ],
  [
    { type: 'result', subtype: 'success', num_turns: 2, total_cost_usd: 0.01234 },
    'result/success 2 turn(s), $0.0123',
  ],
  [{ type: 'of_tomorrow', message: 7 }, 'of_tomorrow'],
  [said([{ type: 'text', text: 'x'.repeat(200) }]), `assistant      ${'x'.repeat(99)}…`],
] as const)('the demo shows an event as one line: %j', ([line, expected]) => {
  const { type } = line;
  const subtype = 'subtype' in line ? { subtype: line.subtype } : {};
  const event = { seq: 7, attempt: 1, created_at: '', raw: JSON.stringify(line), type, ...subtype };
  expect(eventLine(event)).toBe(`  7  ${expected}`);
});

test('the demo shows only the type of an event that is not JSON', () => {
  const event = { seq: 7, attempt: 1, created_at: '', raw: '{"torn', type: 'garbage' };
  expect(eventLine(event)).toBe('  7  garbage');
});
