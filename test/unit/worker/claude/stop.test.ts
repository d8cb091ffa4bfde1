import { describe, expect, test, vi } from 'vitest';
import { stopClaude } from '../../../../apps/worker/src/claude/stop.ts';

/** A process that takes or refuses signals, and ends when the test ends it. */
function stubborn(errno: string | null) {
  const exit = Promise.withResolvers<{ code: number | null; signal: string | null }>();
  const signals: string[] = [];
  const signal = (name: NodeJS.Signals) => {
    signals.push(name);
    return errno;
  };
  return { claude: { exit: exit.promise, signal }, signals, end: exit.resolve };
}

const LONGEST_LADDER_MS = 20_000;

describe('the stop of a process', () => {
  test.for([
    ['EPERM', 'cancel', /may not signal it \(EPERM\)/],
    [null, 'cancel', /did not end after SIGKILL/],
    [null, 'interrupt', /did not end after SIGKILL/],
    ['EPERM', 'lost', /EPERM/],
    [null, 'hand_back', /did not end/],
  ] as const)(
    'waits for a limited time and gives the reason (error of each signal: %s, cause of the stop: %s)',
    async ([errno, kind, why]) => {
      const { claude, signals } = stubborn(errno);
      let waitedMs = 0;
      const wait = async (ms: number): Promise<false> => {
        waitedMs += ms;
        return false;
      };
      expect(await stopClaude(claude, { kind }, () => true, wait)).toMatch(why);
      expect(waitedMs).toBeLessThanOrEqual(LONGEST_LADDER_MS);
      expect(signals.at(-1)).toBe('SIGKILL');
    },
  );

  test.for([
    ['cancel', [[5_000, 'SIGTERM']]],
    ['hand_back', [[5_000, 'SIGTERM']]],
    [
      'interrupt',
      [
        [5_000, undefined],
        [5_000, 'SIGINT'],
        [5_000, 'SIGTERM'],
      ],
    ],
    ['lost', []],
  ] as const)(
    'sends SIGKILL only after the waits of the weaker signals (cause of the stop: %s)',
    async ([kind, waits]) => {
      const { claude, signals, end } = stubborn(null);
      const waited: [number, string | undefined][] = [];
      const wait = async (ms: number): Promise<false> => {
        if (signals.at(-1) === 'SIGKILL') end({ code: null, signal: 'SIGKILL' });
        else waited.push([ms, signals.at(-1)]);
        return false;
      };
      expect(await stopClaude(claude, { kind }, () => true, wait)).toBeNull();
      expect(waited).toEqual(waits);
      const weaker = waits.flatMap(([, signal]) => signal ?? []);
      expect(signals).toEqual([...weaker, 'SIGKILL']);
    },
  );

  test('asks the CLI before an interrupt signals it', async () => {
    const { claude, signals, end } = stubborn(null);
    const asked = vi.fn(() => true);
    const stopped = stopClaude(claude, { kind: 'interrupt' }, asked);
    end({ code: 1, signal: null });
    expect(await stopped).toBeNull();
    expect(asked).toHaveBeenCalledOnce();
    expect(signals).toEqual([]);
  });

  test('sends SIGINT at once if the CLI cannot be asked', async () => {
    const { claude, signals, end } = stubborn(null);
    const stopped = stopClaude(claude, { kind: 'interrupt' }, () => false);
    end({ code: 0, signal: null });
    expect(await stopped).toBeNull();
    expect(signals).toEqual(['SIGINT']);
  });

  test.for(['cancel', 'hand_back', 'lost'] as const)('asks nothing for %s', async (kind) => {
    const { claude, end } = stubborn(null);
    const asked = vi.fn(() => true);
    const stopped = stopClaude(claude, { kind }, asked);
    end({ code: 143, signal: null });
    expect(await stopped).toBeNull();
    expect(asked).not.toHaveBeenCalled();
  });

  test('sends no SIGKILL to a process that ends after SIGTERM', async () => {
    const { claude, signals, end } = stubborn(null);
    const stopped = stopClaude(claude, { kind: 'cancel' });
    end({ code: 143, signal: null });
    expect(await stopped).toBeNull();
    expect(signals).toEqual(['SIGTERM']);
  });
});
