import { expect, test } from 'vitest';
import { createSink } from '../../../../scripts/stack/sink.ts';

function written(isTTY: boolean): { lines: string[]; sink: ReturnType<typeof createSink> } {
  const lines: string[] = [];
  const stderr = { isTTY, on() {}, write: (line: string) => lines.push(line) };
  return { lines, sink: createSink({ stderr } as never) };
}

test('the launcher’s own lines are JSON with the level of what they say', () => {
  const { lines, sink } = written(false);
  sink.info('starts');
  sink.warn('half of it is up');
  sink.error('the settings are wrong\n  PORT: no');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 30, name: 'baton', msg: 'starts' },
    { level: 40, msg: 'half of it is up' },
    { level: 50, msg: 'the settings are wrong\n  PORT: no' },
  ]);
});

test('on a terminal they are plain', () => {
  const { lines, sink } = written(true);
  sink.error('the settings are wrong');
  expect(lines).toEqual(['baton: the settings are wrong\n']);
});
