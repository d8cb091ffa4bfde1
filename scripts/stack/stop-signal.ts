/** The parts of `process` that a launcher uses for signals. */
export type SignalSource = Pick<NodeJS.Process, 'on' | 'exit'>;

// A terminal sends Ctrl-C to the whole process group, and npm and the bootstrap forward it again.
// Signals within this time count as one.
const SAME_SIGNAL_MS = 500;

/**
 * Returns a signal that aborts on SIGINT, SIGTERM or SIGHUP. A second signal ends the process at
 * once; its guardian then stops the remaining programs.
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
    log(`${why}: stopping; running sessions may finish first; repeat the signal to stop at once`);
    stopping.abort(new Error(why));
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) source.on(name, () => stop(name));
  return stopping.signal;
}
