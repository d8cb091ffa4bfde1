import { setTimeout as delay } from 'node:timers/promises';
import { type EventView, type Info, isTerminal } from '@baton/core/internal';
import type { Client } from './client.ts';
import { eventLine } from './event-line.ts';

const SESSION_WITHIN_MS = 300_000;
const POLL_EVERY_MS = 100;

/** Follows one session, and logs each of its events once. */
export type Follower = {
  /**
   * Resolves with the session once `isReached` is true of it and of its events so far. Throws if the
   * session fails, or if it takes longer than five minutes.
   */
  readonly until: (
    isReached: (info: Info, events: readonly EventView[]) => boolean | Promise<boolean>,
  ) => Promise<Info>;
};

/** Follows the session with this id. */
export function followSession(client: Client, id: string, log: (line: string) => void): Follower {
  const events: EventView[] = [];
  let after = 0;

  async function until(
    isReached: (info: Info, events: readonly EventView[]) => boolean | Promise<boolean>,
  ): Promise<Info> {
    for (const started = Date.now(); Date.now() - started < SESSION_WITHIN_MS; ) {
      // The status is read before the events, because no more events are written after a terminal
      // status.
      const info = await client.info(id);
      const page = await client.events(id, after);
      for (const event of page.events) log(eventLine(event));
      events.push(...page.events);
      after = page.next_after;
      if (page.events.length > 0) continue;
      if (isTerminal(info.status) && info.status !== 'completed') {
        throw new Error(`session ${id} is ${info.status}: ${info.error}`);
      }
      if (await isReached(info, events)) return info;
      if (isTerminal(info.status)) throw new Error(`session ${id} has completed too early`);
      await delay(POLL_EVERY_MS);
    }
    throw new Error(`session ${id} did not end within ${SESSION_WITHIN_MS / 1000} s`);
  }

  return { until };
}
