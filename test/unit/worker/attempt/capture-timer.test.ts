import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  createCaptureTimer,
  msUntilCapture,
} from '../../../../apps/worker/src/attempt/capture-timer.ts';
import { waitFor } from '../../../support/wait.ts';

describe('the wait before a capture', () => {
  test.each([
    ['is short before the first capture', Number.POSITIVE_INFINITY, 0, 500],
    ['is at least eight seconds after the end of the last one', 0, 1, 8_000],
    ['is twenty times as long as the last capture took', 0, 1_000, 20_000],
    ['is at most a minute', 0, 60_000, 60_000],
    ['counts the time since the last capture', 15_000, 1_000, 5_000],
    ['lets tools that follow one another finish', 30_000, 1_000, 500],
  ])('%s', (_title, sinceLastMs, lastTookMs, expected) => {
    expect(msUntilCapture(sinceLastMs, lastTookMs)).toBe(expected);
  });
});

describe('the timer of captures', () => {
  test('captures once for changes that follow one another', async () => {
    let captures = 0;
    const timer = createCaptureTimer(async () => {
      captures += 1;
    });
    for (let change = 0; change < 5; change += 1) timer.filesChanged();
    await waitFor('a capture', () => captures > 0);
    await timer.stop();
    expect(captures).toBe(1);
  });

  test('captures again after a change just before a capture, whose result the transcript may not show yet', async () => {
    let captures = 0;
    const timer = createCaptureTimer(async () => {
      captures += 1;
    });
    while (captures === 0) {
      timer.filesChanged();
      await setImmediate();
    }
    await waitFor('a second capture', () => captures > 1);
    await timer.stop();
  });

  test('captures again after a change during a capture', async () => {
    let captures = 0;
    const timer = createCaptureTimer(async () => {
      captures += 1;
      if (captures === 1) timer.filesChanged();
    });
    timer.filesChanged();
    await waitFor('a second capture', () => captures > 1);
    await timer.stop();
  });

  test('waits at its stop for a capture under way, and starts no other', async () => {
    const capture = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let captures = 0;
    const timer = createCaptureTimer(async () => {
      captures += 1;
      begun.resolve();
      await capture.promise;
    });
    timer.filesChanged();
    await begun.promise;
    timer.filesChanged();
    let isStopped = false;
    const stopping = timer.stop().then(() => {
      isStopped = true;
    });
    await Promise.resolve();
    expect(isStopped).toBe(false);
    capture.resolve();
    await stopping;
    expect(captures).toBe(1);
  });
});
