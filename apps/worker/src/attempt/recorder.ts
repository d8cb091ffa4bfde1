import {
  boundRaw,
  defined,
  type Event,
  type EventStore,
  type Held,
  type OwnedSession,
  type Progress,
} from '@baton/core/internal';
import { createBacklog } from './batch.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** How long the first event of a batch waits for others, in milliseconds. */
const BATCH_MS = 50;

/** How long an amendment waits for a batch that it can go with, in milliseconds. */
const AMEND_MS = 260;

// Past this the reader waits, and so, by its full pipe, does the CLI.
const BACKLOG_MAX_EVENTS = 4_096;
const BACKLOG_MAX_BYTES = 8 * 1024 * 1024;

// A line may claim to be of any type; a document of a batch must stay within what MongoDB takes.
const NAME_MAX_CHARS = 256;

/** A line to record: `raw` is its text as far as it was kept, `bytes` its true length. */
export interface RecordedLine {
  type: string;
  subtype?: string;
  raw: string;
  bytes: number;
}

/** Writes an attempt's events in order, and keeps its lease. */
export interface Recorder {
  /** Takes a line. Over the bound it returns what resolves once there is room again. */
  record(line: RecordedLine): Promise<void> | undefined;
  /** The first init line was read: the next write moves the session to running. */
  markRunning(facts: Progress & { pid?: number }): void;
  /** Has the next write bring this along: that of a batch, or one of its own a moment from now. */
  amend(progress: Pick<Progress, 'transcript'>): void;
  /** Writes a heartbeat now, and resolves to whether the fence still holds. */
  heartbeat(): Promise<boolean>;
  /** Resolves once all that was taken is committed, and stops; false where the fence was lost. */
  finish(): Promise<boolean>;
  /** Whether the fence is known to be lost: then nothing may be written any more. */
  readonly isLost: boolean;
}

/** What a recorder needs to know and whom it tells. */
export interface RecorderOptions {
  owned: OwnedSession;
  events: EventStore;
  sessionId: string;
  attempt: number;
  lastSeq: number;
  leaseMs: number;
  /** Progress to write with each batch; `last_result` waits for the batch that holds its line. */
  progress(): Progress;
  /** Told of each confirmed write. */
  onHeld(held: Held): void;
  /** Told once, when a newer fence holds the session: nothing is written from then on. */
  onLost(): void;
  /** Told of each failed try while MongoDB is away. */
  onError(error: unknown): void;
  /** Ends the tries: the fence then counts as lost. */
  giveUp: AbortSignal;
}

/**
 * A recorder, running from now on. Per batch it inserts the events, then commits them by one guarded
 * update; without a batch for a third of the lease it writes a heartbeat. While MongoDB is away it tries
 * again and again; the backlog is bounded.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { owned, events, sessionId, attempt, leaseMs } = options;
  const backlog = createBacklog();
  const taken = { giveUp: options.giveUp, onError: options.onError };
  let seq = options.lastSeq;
  let running: (Progress & { pid?: number }) | null = null;
  let amended: (Pick<Progress, 'transcript'> & { by: number }) | null = null;
  let lost = false;
  let finishing = false;
  let finished = false;
  let beats: ((held: boolean) => void)[] = [];
  let wake = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();

  function toEvent({ type, subtype, raw, bytes }: RecordedLine): Event {
    seq += 1;
    const bounded = boundRaw(raw);
    const cut = bounded.raw_bytes !== undefined || bytes > Buffer.byteLength(raw);
    return {
      session_id: sessionId,
      seq,
      attempt,
      fence: owned.fence,
      type: type.slice(0, NAME_MAX_CHARS),
      ...(subtype === undefined ? {} : { subtype: subtype.slice(0, NAME_MAX_CHARS) }),
      created_at: new Date(),
      raw: bounded.raw,
      ...(cut ? { raw_bytes: bytes } : {}),
    };
  }

  function hasRoom(): boolean {
    return backlog.events < BACKLOG_MAX_EVENTS && backlog.bytes < BACKLOG_MAX_BYTES;
  }

  async function waitForRoom(): Promise<void> {
    while (!lost && !hasRoom()) await room.promise;
  }

  function signal(): void {
    wake.resolve();
  }

  async function waitForWork(): Promise<void> {
    const beatBy = performance.now() + leaseMs / 3;
    while (backlog.events === 0 && beats.length === 0 && !finishing && !running && !lost) {
      const by = Math.min(beatBy, amended?.by ?? beatBy);
      if (by <= performance.now()) break;
      wake = Promise.withResolvers();
      await sleepUntil(wake.promise, by - performance.now());
    }
    if (backlog.events > 0 && !backlog.isFull() && !finishing) {
      const since = performance.now();
      while (!backlog.isFull() && !finishing && performance.now() - since < BATCH_MS) {
        wake = Promise.withResolvers();
        await sleepUntil(wake.promise, BATCH_MS - (performance.now() - since));
      }
    }
    wake = Promise.withResolvers();
  }

  // A plain timer: an aborted one makes an error with a stack, for every batch.
  async function sleepUntil(woken: Promise<void>, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(ms, 1));
    await Promise.race([woken, promise]);
    clearTimeout(timer);
  }

  // A result is true for readers and for whoever takes over once its line is there, not before.
  function progressWith(seq: number | undefined): Progress {
    const { last_result, ...progress } = options.progress();
    return {
      ...progress,
      ...(amended?.transcript ? { transcript: amended.transcript } : {}),
      ...(last_result === null || (last_result && backlog.events === 0) ? { last_result } : {}),
      ...defined({ last_event_seq: seq }),
    };
  }

  async function insert(batch: readonly Event[]): Promise<boolean> {
    if (batch.length === 0) return true;
    const done = await writeUntilAcknowledged(async () => {
      await events.insert(batch);
      return {};
    }, taken);
    return done !== null;
  }

  async function commit(last: Event | undefined): Promise<boolean> {
    const progress = progressWith(last?.seq);
    const facts = running;
    running = null;
    amended = null;
    const held = await writeUntilAcknowledged(
      () => (facts ? owned.markRunning({ ...progress, ...facts }) : owned.commit(progress)),
      taken,
    );
    if (held) options.onHeld(held);
    return held !== null;
  }

  function makeRoom(): void {
    room.resolve();
    room = Promise.withResolvers();
  }

  async function loop(): Promise<void> {
    let committing: Promise<boolean> = Promise.resolve(true);
    for (;;) {
      await waitForWork();
      if (lost) break;
      const asked = beats;
      beats = [];
      const batch = backlog.take();
      makeRoom();
      // A batch is inserted beside the commit of the one before it: no reader sees it before its own.
      const isInserted = await insert(batch);
      const isHeld = isInserted && (await committing);
      committing = isHeld ? commit(batch.at(-1)) : Promise.resolve(false);
      void committing.then((stillHeld) => {
        for (const answer of asked) answer(stillHeld);
        if (stillHeld) return;
        lost = true;
        signal();
      });
      if (finishing && backlog.events === 0) {
        lost = !(await committing);
        break;
      }
    }
    makeRoom();
    finished = true;
    for (const answer of beats) answer(!lost);
    if (lost) options.onLost();
  }

  const looping = loop();

  return {
    record(line) {
      if (lost) return undefined;
      backlog.add(toEvent(line));
      if (backlog.events === 1 || backlog.isFull()) signal();
      return hasRoom() ? undefined : waitForRoom();
    },
    markRunning(facts) {
      running = facts;
      signal();
    },
    amend(progress) {
      amended = { ...progress, by: amended?.by ?? performance.now() + AMEND_MS };
      signal();
    },
    heartbeat() {
      if (lost || finished) return Promise.resolve(!lost);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      beats.push(resolve);
      signal();
      return promise;
    },
    async finish() {
      finishing = true;
      signal();
      await looping;
      return !lost;
    },
    get isLost() {
      return lost;
    },
  };
}
