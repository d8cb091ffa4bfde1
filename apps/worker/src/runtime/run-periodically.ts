/**
 * Runs a task now and every `everyMs` milliseconds, until `signal` is aborted. Two runs never overlap: while one
 * is under way, the next is skipped. A run that fails is reported to `onError`, and the task runs again at the
 * next tick. Returns a function that runs the task at once, unless a run is under way.
 */
export function runPeriodically(
  task: () => Promise<unknown>,
  {
    everyMs,
    signal,
    onError,
  }: { everyMs: number; signal: AbortSignal; onError: (error: unknown) => void },
): () => void {
  let isRunning = false;
  const timer = setInterval(tick, everyMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  function tick(): void {
    if (isRunning) return;
    isRunning = true;
    task()
      .catch(onError)
      .finally(() => {
        isRunning = false;
      });
  }
  tick();
  return tick;
}
