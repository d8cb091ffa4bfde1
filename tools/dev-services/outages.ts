import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from './server.ts';

/** Takes a server away and gives it back at the same address, on the same data. */
export type Outages = {
  /** Ends it by SIGKILL, as a crash does. */
  readonly kill: () => Promise<void>;
  /** Ends it in order. */
  readonly stop: () => Promise<void>;
  /** Starts it again and resolves once it answers; nothing where it runs. */
  readonly start: () => Promise<void>;
};

// While it was away another process may have its port for a moment: a client that connects gets ports of the same range.
const ATTEMPTS = 20;
const TRY_AGAIN_AFTER_MS = 500;

/** The outages of a running server; `onFailure` hears what it said last when it ends by itself. */
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
    current = undefined; // its end is meant from here on
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
      // Two servers on one data folder destroy it.
      starting ??= begin().finally(() => {
        starting = undefined;
      });
      await starting;
    },
  };
}
