import { describe, expect, test } from 'vitest';
import { createInOrder } from '../../../../packages/core/src/runtime/in-order.ts';

const LONG_MS = 60_000;

describe('tasks in order', () => {
  test('run one after another if they share a key, also after one that failed', async () => {
    const inOrder = createInOrder(LONG_MS);
    const seen: string[] = [];
    const task = (name: string) => async () => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      if (name === 'a') throw new Error(name);
      return name;
    };
    const [a, b] = [inOrder('key', task('a')), inOrder('key', task('b'))];
    await expect(a).rejects.toThrow('a');
    expect(await b).toBe('b');
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  test('run beside each other if their keys differ', async () => {
    const inOrder = createInOrder(LONG_MS);
    const gate = Promise.withResolvers<void>();
    const first = inOrder('one', () => gate.promise);
    await inOrder('two', async () => gate.resolve());
    await first;
  });

  test('run although an earlier task does not end in time', async () => {
    const inOrder = createInOrder(1);
    const gate = Promise.withResolvers<void>();
    const first = inOrder('key', () => gate.promise);
    await inOrder('key', async () => gate.resolve());
    await first;
  });
});
