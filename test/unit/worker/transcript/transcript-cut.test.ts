import { describe, expect, test } from 'vitest';
import {
  type CutOptions,
  createTranscriptCut,
} from '../../../../apps/worker/src/transcript/transcript-cut.ts';

let minute = 0;
const entry = (type: string, content: unknown) => {
  minute += 1;
  const timestamp = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  return JSON.stringify({ type, message: { role: type, content }, timestamp });
};
const call = (name: string, id: string, input: object = {}) =>
  entry('assistant', [{ type: 'tool_use', id, name, input }]);
const result = (id: string) =>
  entry('user', [{ type: 'tool_result', tool_use_id: id, content: 'ok' }]);
const said = (text: string) => entry('assistant', [{ type: 'text', text }]);

const PATH = 'main.jsonl';

/** Passes lines to a cut, of which the capture covers the first `covered`. */
function cutAfter(
  covered: number,
  lines: readonly string[],
  {
    base = 0,
    generation = 0,
    until,
    isOnlyReported = false,
  }: { base?: number; generation?: number; until?: string; isOnlyReported?: boolean } = {},
) {
  const end = (count: number) =>
    lines.slice(0, count).reduce((sum, line) => sum + line.length + 1, 0);
  const options: CutOptions = {
    covered: covered === 0 ? [] : [{ path: PATH, generation: 0, length: end(covered) }],
    isOnlyReported,
  };
  const cut = createTranscriptCut(options, until);
  const file = cut.ofFile({
    path: PATH,
    generation,
    base: end(base),
    length: end(lines.length),
    sha256: '',
  });
  const kept = lines.filter((line, index) => !file?.isBeyond(line, end(index)));
  return { kept: kept.length, cut, calls: cut.calls(), isCut: cut.isCut() };
}

const EDIT = () => call('Edit', 'e', { file_path: '/a' });

describe('a transcript that goes beyond the capture', () => {
  test.for<[string, number, () => string[], number]>([
    ['nothing if nothing is beyond', 2, () => [EDIT(), result('e')], 2],
    ['a call that may change files', 1, () => [said('a'), EDIT(), result('e')], 1],
    [
      'no call that changes nothing',
      1,
      () => [said('a'), call('Read', 'r'), result('r'), said('b')],
      4,
    ],
    ['the result of an earlier call that may change files', 1, () => [EDIT(), result('e')], 1],
    [
      'no result of an earlier call that changes nothing',
      1,
      () => [call('Read', 'r'), result('r')],
      2,
    ],
    ['the result of a call that is not known', 1, () => [said('a'), result('x')], 1],
    ['a line that cannot be read', 1, () => [said('a'), '{"type":"user"', said('b')], 1],
    [
      'everything from the first line on if the capture does not name the file',
      0,
      () => [EDIT()],
      0,
    ],
    [
      'no call and result that a compaction appended again',
      2,
      () => [EDIT(), result('e'), EDIT(), result('e'), said('a')],
      5,
    ],
  ])('loses %s', ([, covered, lines, kept]) => {
    expect(cutAfter(covered, lines()).kept).toBe(kept);
  });

  test('loses the notification that work in the background ended', () => {
    const text = '<task-notification><tool-use-id>b</tool-use-id></task-notification>';
    const notified = JSON.stringify({
      type: 'user',
      origin: { kind: 'task-notification' },
      message: { content: text },
    });
    const started = [call('Bash', 'b', { command: 'make &' }), result('b')];
    const { kept, calls } = cutAfter(2, [...started, said('it runs'), notified]);
    expect(kept).toBe(3);
    expect(calls).toEqual(['Bash: make &']);
  });

  test('keeps the part of its ancestors', () => {
    const lines = [EDIT(), result('e'), call('Write', 'w', { file_path: '/b' })];
    expect(cutAfter(0, lines, { base: 2 })).toMatchObject({ kept: 2, calls: ['Write: /b'] });
  });

  test('loses what was written at the time of the cut or later', () => {
    const lines = [said('a'), said('b'), said('c'), said('d')];
    const until: string = JSON.parse(lines[2] ?? '').timestamp;
    expect(cutAfter(1, lines, { until })).toMatchObject({ kept: 2, isCut: true, calls: [] });
  });

  test('names the calls that were cut, oldest first and each once', () => {
    const lines = [
      call('Bash', 'a', { command: 'one' }),
      result('a'),
      call('Read', 'r', { file_path: '/a' }),
      call('Bash', 'b', { command: 'two' }),
      call('Bash', 'c', { command: 'one' }),
    ];
    const { calls, cut } = cutAfter(1, lines);
    expect(calls).toEqual(['Bash: one', 'Bash: two']);
    expect(cut.time()).toBe(JSON.parse(lines[1] ?? '').timestamp);
  });

  test('names 20 calls at most', () => {
    const lines = Array.from({ length: 30 }, (_, index) =>
      call('Bash', `${index}`, { command: `${index}` }),
    );
    const { calls } = cutAfter(0, lines);
    expect(calls).toHaveLength(20);
    expect(calls.slice(-2)).toEqual(['Bash: 18', 'and 11 more calls']);
  });

  test('is not cut but uncertain if the file was rewritten since', () => {
    const { kept, cut } = cutAfter(1, [said('a'), EDIT()], { generation: 1 });
    expect(kept).toBe(2);
    expect(cut.isUncertain()).toBe(true);
  });

  test('is not cut if the calls are only reported', () => {
    const lines = [said('a'), EDIT(), result('e'), said('b')];
    expect(cutAfter(1, lines, { isOnlyReported: true })).toMatchObject({
      kept: 4,
      isCut: false,
      calls: ['Edit: /a'],
    });
  });

  test('is not cut without a capture, and a file that is no JSONL is never cut', () => {
    const file = { path: PATH, base: 0, generation: 0, length: 100, sha256: '' };
    expect(createTranscriptCut().ofFile(file)).toBeNull();
    const other = { ...file, path: 'agent-a.meta.json' };
    expect(createTranscriptCut({ covered: [] }).ofFile(other)).toBeNull();
  });
});
