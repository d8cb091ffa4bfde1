// A reader that looks on all the while: what it was shown once must stay true.
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Event,
  type EventStore,
  isTerminal,
  type Session,
  type SessionStore,
} from '@baton/core/internal';
import type { Random } from './random.ts';

/** How often it looks, in milliseconds, and how many sessions' events it reads each time. */
const READ_EVERY_MS = 300;
const SAMPLE = 6;
const PAGE = 500;

/** What was seen while the faults went on. */
export interface Watch {
  /** Events that a reader was shown, each as its session and `seq`, with its exact line. */
  readonly shown: Map<string, Map<number, string>>;
  /** Each terminal document as it was when it was first seen terminal. */
  readonly finals: Map<string, Session>;
  /** Resolves when all of them are terminal, or after `limitMs`. */
  untilTerminal(limitMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Begins to look at these sessions; `ids` may grow. */
export function startWatch(
  stores: { sessions: SessionStore; events: EventStore },
  ids: () => Iterable<string>,
  random: Random,
): Watch {
  const shown = new Map<string, Map<number, string>>();
  const finals = new Map<string, Session>();
  const stopped = new AbortController();

  function open(): string[] {
    return [...ids()].filter((id) => !finals.has(id));
  }

  async function read({ id, last_event_seq: upTo }: Session): Promise<void> {
    const lines = shown.get(id) ?? new Map<number, string>();
    shown.set(id, lines);
    const range = { sessionId: id, after: lines.size, upTo, limit: PAGE };
    for (const event of await stores.events.page(range)) lines.set(event.seq, lineOf(event));
  }

  async function readSample(): Promise<void> {
    const sessions = await stores.sessions.getMany(open());
    const sample = Array.from({ length: SAMPLE }, () => random.pick(sessions));
    for (const session of new Set(sample)) if (session) await read(session);
    for (const session of sessions) {
      if (isTerminal(session.status)) finals.set(session.id, session);
    }
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await readSample().catch(() => {}); // the server is away: that is what this is about
      await delay(READ_EVERY_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  const looping = loop();
  return {
    shown,
    finals,
    async untilTerminal(limitMs) {
      for (const end = Date.now() + limitMs; open().length > 0 && Date.now() < end; ) {
        await delay(READ_EVERY_MS);
      }
    },
    async stop() {
      stopped.abort();
      await looping;
    },
  };
}

/** What must not change of an event that was shown. */
export function lineOf({ attempt, type, raw }: Event): string {
  return `${attempt} ${type} ${raw}`;
}
