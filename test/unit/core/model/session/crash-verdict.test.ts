import { defined } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import type { Recovery } from '../../../../../packages/core/src/model/config/recovery.ts';
import {
  crashVerdict,
  recoveryOf,
} from '../../../../../packages/core/src/model/session/crash-verdict.ts';
import { makeSession } from '../../../../support/factories.ts';

function sessionWith(recovery: Recovery | undefined, crashes: number) {
  return makeSession({
    config: { query: 'hi', ...defined({ recovery }) },
    counts: { retries: 9, crashes, hand_backs: 9, host_failures: 0 },
  });
}

describe('a session that lost its worker', () => {
  test('is resumed up to three times by default', () => {
    expect(recoveryOf(sessionWith(undefined, 0))).toEqual({
      on_crash: 'resume',
      max_crashes: 3,
      max_retries: 3,
    });
  });

  test.each<[Recovery | undefined, number, boolean]>([
    [undefined, 0, true],
    [undefined, 2, true],
    [undefined, 3, false],
    [{ max_crashes: 0 }, 0, false],
    [{ max_crashes: 1 }, 0, true],
    [{ max_crashes: 1 }, 1, false],
    [{ on_crash: 'restart' }, 2, true],
    [{ on_crash: 'restart', max_crashes: 2 }, 2, false],
    [{ on_crash: 'fail' }, 0, false],
  ])(
    'with recovery %j and %i earlier crashes may run again: %s',
    (recovery, crashes, isRecovered) => {
      const verdict = crashVerdict(sessionWith(recovery, crashes));
      if (isRecovered) expect(verdict).toBeNull();
      else expect(verdict).toMatchObject({ code: 'CRASHED', retryable: false });
    },
  );

  test('fails with the number of crashes and the limit in its message', () => {
    expect(crashVerdict(sessionWith({ max_crashes: 1 }, 1))?.message).toBe(
      'its worker died 2 times; recovery.max_crashes is 1',
    );
  });
});
