// A reader that watches a run. Everything that Baton showed to the reader must stay true.
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Event,
  type EventStore,
  isTerminal,
  type Session,
  type SessionStore,
} from '@baton/core/internal';
import type { Random } from './random.ts';

/** The time between two reads of the reader, in milliseconds. */
const READ_EVERY_MS = 300;

/** How many sessions the reader picks each time, to read their events. */
const SAMPLE = 6;
const PAGE = 500;

/** What the reader saw during the run. */
export interface Watch {
  /** The exact lines of the events that the reader was shown, by session and `seq`. */
  readonly shown: Map<string, Map<number, string>>;
  /** Each session document at the time when the reader first saw that the session was terminal. */
  readonly finals: Map<string, Session>;
  /** Resolves when all sessions are terminal, or after `limitMs` milliseconds. */
  untilTerminal(limitMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts to watch these sessions. `ids` may return more sessions later. */
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
      await readSample().catch(() => {}); // the server is down, which is expected here
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

/** Returns the part of an event that must not change after it was shown. */
export function lineOf({ attempt, type, raw }: Event): string {
  return `${attempt} ${type} ${raw}`;
}
