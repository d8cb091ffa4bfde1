import { expect, test } from 'vitest';
import { createSink } from '../../../../scripts/stack/sink.ts';

function written(isTTY: boolean): { lines: string[]; sink: ReturnType<typeof createSink> } {
  const lines: string[] = [];
  const stderr = { isTTY, on() {}, write: (line: string) => lines.push(line) };
  return { lines, sink: createSink({ stderr } as never) };
}

test('the launcher writes its own lines as JSON with their level', () => {
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

test('the launcher writes plain lines on a terminal', () => {
  const { lines, sink } = written(true);
  sink.error('the settings are wrong');
  expect(lines).toEqual(['baton: the settings are wrong\n']);
});
