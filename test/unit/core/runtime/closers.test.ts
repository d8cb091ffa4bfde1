import { createClosers, createLogger } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

function makeClosers() {
  const lines: string[] = [];
  const log = createLogger('test', 'info', { write: (line) => lines.push(line) });
  return { closers: createClosers(log, 20), lines };
}

describe('closers', () => {
  test('close in reverse order, and each only once', async () => {
    const { closers } = makeClosers();
    const closed: string[] = [];
    closers.add('first', () => closed.push('first'));
    closers.add('second', async () => closed.push('second'));
    expect(closers.close()).toBe(closers.close());
    expect(await closers.close()).toBe(true);
    expect(closed).toEqual(['second', 'first']);
  });

  test('log a part that fails or hangs, and close the rest', async () => {
    const { closers, lines } = makeClosers();
    const closed: string[] = [];
    closers.add('good', () => closed.push('good'));
    closers.add('throws', () => {
      throw new Error('stuck');
    });
    closers.add('hangs', () => new Promise(() => {}));
    expect(await closers.close()).toBe(false);
    expect(closed).toEqual(['good']);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      'hangs did not close, leaving it behind',
      'throws did not close, leaving it behind',
    ]);
  });
});
