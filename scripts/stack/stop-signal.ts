import { isAlive } from '../dev-services/alive.ts';

/** What a launcher listens to. */
export type SignalSource = Pick<NodeJS.Process, 'on' | 'exit' | 'env' | 'ppid'>;

// npm and the bootstrap hand on what the terminal has sent to the whole group already: one Ctrl-C, several signals.
const SAME_SIGNAL_MS = 500;

const LOOK_FOR_BOOTSTRAP_MS = 250;

/**
 * Aborts on SIGINT, SIGTERM or SIGHUP, and when the bootstrap that ran this was killed. A second signal ends the
 * process at once: its guardian then stops what is left.
 */
export function stopSignal(source: SignalSource, say: (line: string) => void): AbortSignal {
  const stopping = new AbortController();
  let firstAt = 0;
  function stop(why: string): void {
    if (stopping.signal.aborted) {
      if (Date.now() - firstAt > SAME_SIGNAL_MS) source.exit(130);
      return;
    }
    firstAt = Date.now();
    say(`${why}: stopping in order, running sessions may finish; once more stops at once`);
    stopping.abort(new Error(why));
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) source.on(name, () => stop(name));

  const bootstrap = Number(source.env['BATON_BOOTSTRAP_PID'] ?? 0);
  if (bootstrap > 0) {
    // a parent that nobody reaps still counts as alive, and yet is no parent any more
    const isParent = source.ppid === bootstrap;
    const watch = setInterval(() => {
      if (isParent ? source.ppid === bootstrap : isAlive(bootstrap)) return;
      clearInterval(watch);
      stop('what started this is gone');
    }, LOOK_FOR_BOOTSTRAP_MS).unref();
  }
  return stopping.signal;
}
