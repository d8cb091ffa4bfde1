import { AppError } from '@baton/core/internal';
import { describe, expect, test, vi } from 'vitest';
import { writeUntilAcknowledged } from '../../../../apps/worker/src/attempt/write-until-acknowledged.ts';

/** A write that fails this many times, and then returns the answer. */
function failing<T>(times: number, answer: T, error: unknown = new Error('away')) {
  let left = times;
  return vi.fn(async () => {
    left -= 1;
    if (left >= 0) throw error;
    return answer;
  });
}

describe('a write', () => {
  test('is repeated until the store acknowledges it, and each failure is reported', async () => {
    const write = failing(2, 'taken');
    const onError = vi.fn();
    const done = writeUntilAcknowledged(write, { giveUp: new AbortController().signal, onError });
    expect(await done).toBe('taken');
    expect(write).toHaveBeenCalledTimes(3);
    expect(onError).toHaveBeenCalledTimes(2);
  });

  test('is not repeated after a newer fence has taken over the session', async () => {
    const options = { giveUp: new AbortController().signal, onError: vi.fn() };
    const overtaken = failing(1, 'never', new AppError('FENCE_LOST', 'a newer fence wrote'));
    expect(await writeUntilAcknowledged(overtaken, options)).toBeNull();
    const refused = failing(0, null);
    expect(await writeUntilAcknowledged(refused, options)).toBeNull();
    expect([overtaken, refused].map((write) => write.mock.calls.length)).toEqual([1, 1]);
    expect(options.onError).not.toHaveBeenCalled();
  });

  test('ends during a pause when the caller gives up', async () => {
    const giveUp = new AbortController();
    const write = failing(1_000, 'never');
    const done = writeUntilAcknowledged(write, {
      giveUp: giveUp.signal,
      onError: () => void setImmediate(() => giveUp.abort()),
    });
    expect(await done).toBeNull();
    expect(write).toHaveBeenCalledTimes(1);
  });
});
