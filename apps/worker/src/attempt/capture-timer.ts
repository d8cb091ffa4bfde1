// Decides when the files of a running session are captured.
import { setTimeout as delay } from 'node:timers/promises';

/** How long after a change the capture begins, in milliseconds. Tools often follow one another within this time. */
const SETTLE_MS = 500;

// The CLI prints the result of a tool a moment before it writes the result to the transcript. If a capture begins less
// than this many milliseconds after the last change, another capture follows, which then covers the result.
const WRITTEN_WITHIN_MS = 250;

// After a capture, the next capture waits this many times as long as the last one took, within the bounds below. So
// captures of up to 3 s take at most a twentieth of the time.
const REST_FACTOR = 20;

/**
 * The shortest and the longest time from the end of a capture to the next capture, in milliseconds. The shortest is set by
 * processor time: a CLI that edits files mostly waits, and uses about 150 ms a second, and a capture of a small workspace
 * uses about 30 ms.
 */
const MIN_REST_MS = 8_000;
const MAX_REST_MS = 60_000;

/** Runs captures while a session runs. */
export interface CaptureTimer {
  /** Reports that files may have changed. */
  filesChanged(): void;
  /** Starts no further capture, and waits for the capture that is under way. */
  stop(): Promise<void>;
}

/**
 * Returns how long a capture waits after a change, in milliseconds.
 *
 * @param sinceLastMs How long ago the last capture ended, in milliseconds. Infinity if there was none.
 * @param lastTookMs How long the last capture took, in milliseconds.
 */
export function msUntilCapture(sinceLastMs: number, lastTookMs: number): number {
  const rest = Math.min(Math.max(lastTookMs * REST_FACTOR, MIN_REST_MS), MAX_REST_MS);
  return Math.max(SETTLE_MS, rest - sinceLastMs);
}

/**
 * Creates the timer. Before each `capture` it waits for `prepare`, whose time does not count as time of the capture.
 * Neither of them rejects.
 */
export function createCaptureTimer(
  capture: () => Promise<void>,
  prepare: () => Promise<void> = async () => {},
): CaptureTimer {
  const stopped = new AbortController();
  const { signal } = stopped;
  let isChanged = false;
  let changedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | null = null;
  let endedAt = Number.NEGATIVE_INFINITY;
  let tookMs = 0;

  async function captureUntilUnchanged(): Promise<void> {
    while (isChanged && !signal.aborted) {
      const waitMs = msUntilCapture(performance.now() - endedAt, tookMs);
      await delay(waitMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      isChanged = performance.now() - changedAt < WRITTEN_WITHIN_MS;
      await prepare();
      const startedAt = performance.now();
      await capture();
      endedAt = performance.now();
      tookMs = endedAt - startedAt;
    }
  }

  return {
    filesChanged() {
      isChanged = true;
      changedAt = performance.now();
      running ??= captureUntilUnchanged().finally(() => {
        running = null;
      });
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
