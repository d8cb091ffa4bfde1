/** The stop signals of a worker process: SIGTERM and SIGINT. */
export interface StopSignals {
  /** Aborts with the first signal: the worker stops taking jobs. */
  readonly stopping: AbortSignal;
  /** Aborts with the second signal: the worker stops waiting for running sessions. */
  readonly impatient: AbortSignal;
  /** Starts to listen. Before that, a signal ends the process. */
  listen(): void;
  /** Resolves with the first signal. */
  readonly received: Promise<void>;
}

/** Creates the stop signals of this process. They take effect after `listen`. */
export function createStopSignals(): StopSignals {
  const stopping = new AbortController();
  const impatient = new AbortController();
  const received = Promise.withResolvers<void>();
  function onSignal(): void {
    if (stopping.signal.aborted) impatient.abort();
    stopping.abort();
    received.resolve();
  }
  return {
    stopping: stopping.signal,
    impatient: impatient.signal,
    received: received.promise,
    listen() {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onSignal);
    },
  };
}
