import { describe, expect, test } from 'vitest';
import { createOutputMasker } from '../../../../apps/worker/src/masking/output-masker.ts';
import {
  createSetupOutput,
  SETUP_OUTPUT_MAX_BYTES,
  SETUP_OUTPUT_MAX_EVENTS,
} from '../../../../apps/worker/src/setup/setup-output.ts';

const SECRET = 'topsecretvalue123';

function collect() {
  const events: [string, string][] = [];
  const output = createSetupOutput(createOutputMasker([SECRET]), (stream, text) =>
    events.push([stream, text]),
  );
  return { events, output, all: () => events.map(([, text]) => text).join('') };
}

describe('the output of a setup command', () => {
  test('comes in batches, each stream by itself', () => {
    const { events, output } = collect();
    output.push('stdout', Buffer.from('one\n'));
    output.push('stderr', Buffer.from('bad\n'));
    output.push('stdout', Buffer.from('two\n'));
    output.flush();
    output.flush();
    expect(events).toEqual([
      ['stdout', 'one\ntwo\n'],
      ['stderr', 'bad\n'],
    ]);
  });

  test.each([3, 9, 16])('masks a secret that comes in two pieces, cut after %i letters', (at) => {
    const { output, all } = collect();
    output.push('stdout', Buffer.from(`key=${SECRET.slice(0, at)}`));
    output.flush();
    output.push('stdout', Buffer.from(`${SECRET.slice(at)}\nmore`));
    output.flush();
    expect(output.end()).toBe(0);
    expect(all()).toBe(`key=${'*'.repeat(SECRET.length)}\nmore`);
    expect(output.tail('stdout')).toBe(`key=${'*'.repeat(SECRET.length)}\nmore`);
  });

  test('keeps a character whose bytes come in two pieces', () => {
    const { output, all } = collect();
    const bytes = Buffer.from('ü');
    output.push('stdout', bytes.subarray(0, 1));
    output.flush();
    output.push('stdout', bytes.subarray(1));
    output.end();
    expect(all()).toBe('ü');
  });

  test('is bounded in bytes, and the rest is counted', () => {
    const { output, all } = collect();
    for (let piece = 0; piece < 20; piece += 1) output.push('stdout', Buffer.alloc(8192, 'a'));
    output.push('stderr', Buffer.from('last'));
    expect(output.end()).toBe(20 * 8192 - SETUP_OUTPUT_MAX_BYTES + 4);
    expect(all()).toHaveLength(SETUP_OUTPUT_MAX_BYTES);
    expect(output.tail('stderr')).toBe('last');
  });

  test('is bounded in events', () => {
    const { events, output } = collect();
    for (let piece = 0; piece < SETUP_OUTPUT_MAX_EVENTS + 5; piece += 1) {
      output.push('stdout', Buffer.from('.'));
      output.flush();
    }
    expect(output.end()).toBe(5);
    expect(events).toHaveLength(SETUP_OUTPUT_MAX_EVENTS);
  });
});
