import { describe, expect, test } from 'vitest';
import { createStopSwitch } from '../../../../apps/worker/src/attempt/stop-switch.ts';

const CANCEL = { kind: 'cancel' } as const;
const INTERRUPT = { kind: 'interrupt' } as const;

describe('a stop switch', () => {
  test('ends the run at once, with the first reason it gets', () => {
    const stop = createStopSwitch();
    expect(stop.reason).toBeNull();
    stop.stop(CANCEL);
    stop.stop({ kind: 'hand_back' });
    expect(stop.reason).toEqual(CANCEL);
    expect(stop.controller.signal.reason).toEqual(CANCEL);
  });

  test('delays an interrupt until the turn has begun', () => {
    const stop = createStopSwitch();
    stop.stop(INTERRUPT);
    expect(stop.reason).toBeNull();
    stop.turnBegan();
    expect(stop.reason).toEqual(INTERRUPT);
  });

  test('immediately interrupts a turn that has begun, and only once', () => {
    const stop = createStopSwitch();
    stop.turnBegan();
    expect(stop.reason).toBeNull();
    let aborts = 0;
    stop.controller.signal.addEventListener('abort', () => {
      aborts += 1;
    });
    stop.stop(INTERRUPT);
    stop.stop(INTERRUPT);
    expect([stop.reason, aborts]).toEqual([INTERRUPT, 1]);
  });

  test.each([CANCEL, { kind: 'hand_back' }, { kind: 'timed_out', deadline: 'startup' }] as const)(
    'ends a run for %j while an interrupt still waits',
    (reason) => {
      const stop = createStopSwitch();
      stop.stop(INTERRUPT);
      stop.stop(reason);
      expect(stop.reason).toEqual(reason);
      stop.turnBegan();
      expect(stop.reason).toEqual(reason);
    },
  );
});
