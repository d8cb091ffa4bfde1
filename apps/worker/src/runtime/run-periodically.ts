/**
 * Makes a round now and then every so often, until `signal`; never two at once, so one that takes long
 * puts off the next. A round that fails is told to `onError`, and the next one tries again. Returns what
 * makes a round at once, unless one is under way.
 */
export function runPeriodically(
  round: () => Promise<unknown>,
  {
    everyMs,
    signal,
    onError,
  }: { everyMs: number; signal: AbortSignal; onError: (error: unknown) => void },
): () => void {
  let underWay = false;
  const timer = setInterval(tick, everyMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  function tick(): void {
    if (underWay) return;
    underWay = true;
    round()
      .catch(onError)
      .finally(() => {
        underWay = false;
      });
  }
  tick();
  return tick;
}
