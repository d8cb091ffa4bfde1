import { addHostFailure, type HostFailure, hostVerdict } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

/** Parses failures written as "a b+ c+": a worker, with a plus if its probe had just passed. */
function failures(received: string): HostFailure[] {
  return received.split(' ').map((text) => ({
    worker_id: text.replace('+', ''),
    at: new Date(0),
    code: 'HOST_ERROR',
    message: 'there is no space left on the device (ENOSPC)',
    proved: text.endsWith('+'),
  }));
}

describe('a session with host failures', () => {
  test.for(['a', 'a b c d e f', 'a a a a', 'a b+ c+', 'a a+', 'a b+ a+ b+', 'a b+ b+'])(
    'is retried after the failures %s',
    (received) => {
      expect(hostVerdict(failures(received))).toBeNull();
    },
  );

  test.for(['a b+ c+ d+', 'a a+ a+', 'a b+ a+ a+', 'a b a+ a+', 'a b+ b+ b+'])(
    'fails after the failures %s',
    (received) => {
      expect(hostVerdict(failures(received))).toMatchObject({
        code: 'HOST_ERROR',
        retryable: false,
      });
    },
  );

  test('fails with the error of the last host failure', () => {
    const [last] = failures('a+');
    const all = [
      ...failures('a a+'),
      { ...(last as HostFailure), code: 'CLAUDE_NOT_FOUND' as const, message: 'no CLI' },
    ];
    const verdict = hostVerdict(all);
    expect(verdict?.code).toBe('CLAUDE_NOT_FOUND');
    expect(verdict?.message).toContain('no CLI');
    expect(verdict?.message).toContain('3 times');
  });

  test('keeps the newest twenty host failures', () => {
    let known: HostFailure[] = [];
    for (const failure of failures(Array.from({ length: 30 }, (_, n) => `w${n}`).join(' '))) {
      known = addHostFailure(known, failure);
    }
    expect(known.map(({ worker_id }) => worker_id)).toEqual(
      Array.from({ length: 20 }, (_, n) => `w${n + 10}`),
    );
  });
});
