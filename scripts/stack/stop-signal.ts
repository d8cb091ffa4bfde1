/** What a launcher listens to. */
export type SignalSource = Pick<NodeJS.Process, 'on' | 'exit'>;

// npm and the bootstrap hand on what the terminal has sent to the whole group already: one Ctrl-C, several signals.
const SAME_SIGNAL_MS = 500;

/**
 * Aborts on SIGINT, SIGTERM or SIGHUP. A second signal ends the process at once: its guardian then stops what is left.
 */
export function stopSignal(source: SignalSource, log: (line: string) => void): AbortSignal {
  const stopping = new AbortController();
  let firstAt = 0;
  function stop(why: string): void {
    if (stopping.signal.aborted) {
      if (Date.now() - firstAt > SAME_SIGNAL_MS) source.exit(130);
      return;
    }
    firstAt = Date.now();
    log(`${why}: stopping in order, running sessions may finish; once more stops at once`);
    stopping.abort(new Error(why));
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) source.on(name, () => stop(name));
  return stopping.signal;
}
