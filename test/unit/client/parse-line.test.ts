import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseLine, textOf } from '../../../packages/client/src/index.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

// What the real CLI printed in recorded runs. Transcripts are left out, because no caller sees them.
const recorded = globSync('*.jsonl', { cwd: FIXTURES, exclude: ['*.transcript.jsonl'] })
  .flatMap((name) => readFileSync(join(FIXTURES, name), 'utf8').split('\n'))
  .filter((line) => line !== '');

const KINDS: Record<string, string> = {
  'system/init': 'init',
  'system/api_retry': 'api_retry',
  'system/task_started': 'task',
  'system/task_updated': 'task',
  'system/task_notification': 'task',
  'system/background_tasks_changed': 'background_tasks',
  'system/permission_denied': 'permission_denied',
  'system/status': 'other',
  'system/thinking_tokens': 'other',
};

const parse = (line: object) => parseLine({ raw: JSON.stringify(line) });

describe('a line that the CLI printed', () => {
  test('has the kind of its type, and keeps all its keys', () => {
    const found = new Set<string>();
    for (const raw of recorded) {
      const value = JSON.parse(raw);
      const parsed = parseLine({ raw });
      const kind = value.type === 'system' ? KINDS[`system/${value.subtype}`] : value.type;
      expect(parsed, raw).toEqual({ kind, line: value });
      found.add(parsed.kind);
    }
    expect(found.size).toBeGreaterThanOrEqual(9);
  });
});

describe('a line of a session', () => {
  const message = { role: 'user', content: 'hello' };

  test.each(['prompt', 'message'])('that Baton wrote for a %s has that kind', (subtype) => {
    expect(parse({ type: 'user', subtype, message })).toMatchObject({ kind: subtype });
  });

  test.each([
    { type: 'system', subtype: 'compact_boundary', compact_metadata: { trigger: 'manual' } },
  ])('that marks a compaction has the kind compact_boundary', (line) => {
    expect(parse(line)).toEqual({ kind: 'compact_boundary', line });
  });

  test.each([
    [{ type: 'a_new_type', x: 1 }],
    [{ type: 'system', subtype: 'a_new_subtype' }],
    [{ no: 'type' }],
    [{ type: 'assistant' }],
    [{ type: 'assistant', message: { content: 'no list' } }],
    [{ type: 'assistant', message: { content: [null] } }],
    [{ type: 'user', message: {} }],
    [{ type: 'result', subtype: 'success' }],
    [{ type: 'stream_event' }],
    [{ type: 'system', subtype: 'init' }],
    [{ type: 'system', subtype: 'api_retry', attempt: '1' }],
    [{ type: 'system', subtype: 'task_started' }],
    [{ type: 'system', subtype: 'background_tasks_changed', tasks: [{}] }],
    [{ type: 'system', subtype: 'permission_denied' }],
  ])('that is of no known kind or lacks a key is kept as other: %j', (line) => {
    expect(parse(line)).toEqual({ kind: 'other', line });
  });

  test.each(['', 'text', '{"type":"user"', '[]', 'null', '1'])(
    'that is no JSON object is unparsed: %j',
    (raw) => {
      expect(parseLine({ raw })).toEqual({ kind: 'unparsed', raw });
    },
  );

  test('that Baton cut is unparsed, even if the rest is JSON', () => {
    expect(parseLine({ raw: '{}', raw_bytes: 2_000_000 })).toEqual({ kind: 'unparsed', raw: '{}' });
  });
});

test('the text of a message is its text blocks', () => {
  expect(textOf({ content: 'hello' })).toBe('hello');
  const blocks = [
    { type: 'thinking', thinking: 'hm' },
    { type: 'text', text: 'one' },
    { type: 'tool_use', name: 'Bash' },
    { type: 'text', text: 'two' },
  ];
  expect(textOf({ content: blocks })).toBe('one\ntwo');
  expect(textOf({ content: [] })).toBe('');
});
