/** SIGTERM and SIGINT, as a worker takes them. */
export interface StopSignals {
  /** Aborts with the first signal: take no more work. */
  readonly stopping: AbortSignal;
  /** Aborts with the second signal: do not wait for what runs. */
  readonly impatient: AbortSignal;
  /** Begins to listen; before that a signal ends the process. */
  listen(): void;
  /** Resolves with the first signal. */
  readonly received: Promise<void>;
}

/** Creates the signals of this process; nothing is listened to yet. */
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
