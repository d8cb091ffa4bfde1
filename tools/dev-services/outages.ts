import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from './server.ts';

/** Stops a server and starts it again, at the same address and on the same data. */
export type Outages = {
  /** Kills the server with SIGKILL, to simulate a crash. */
  readonly kill: () => Promise<void>;
  /** Stops the server with SIGTERM. */
  readonly stop: () => Promise<void>;
  /** Starts the server again and resolves once it answers. Does nothing if it runs. */
  readonly start: () => Promise<void>;
};

// While the server is down, another process may briefly take its port, because the ports of
// outgoing connections come from the same range.
const ATTEMPTS = 20;
const TRY_AGAIN_AFTER_MS = 500;

/**
 * Creates the outages of a running server. `onFailure` receives the server's last output if the
 * server ends by itself.
 */
export function createOutages<Answer>(
  first: RunningServer<Answer>,
  restart: () => Promise<RunningServer<Answer>>,
  onFailure: (last: string) => void,
): Outages {
  let current: RunningServer<Answer> | undefined;

  function watch(server: RunningServer<Answer>): void {
    current = server;
    void server.ended.then((last) => {
      if (current === server) onFailure(last);
    });
  }

  function detach(): RunningServer<Answer> | undefined {
    const server = current;
    current = undefined; // from here on, the end of the server is intended
    return server;
  }

  async function begin(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return watch(await restart());
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await delay(TRY_AGAIN_AFTER_MS);
      }
    }
  }

  let starting: Promise<void> | undefined;
  watch(first);
  return {
    kill: async () => detach()?.kill(),
    stop: async () => detach()?.stop(),
    async start() {
      if (current) return;
      // Two servers on one data folder would destroy the data, so two calls share one start.
      starting ??= begin().finally(() => {
        starting = undefined;
      });
      await starting;
    },
  };
}
