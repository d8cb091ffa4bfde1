// What earlier attempts of a session left: what of it still counts, and whether they had finished.
import type { EventStore, Progress, Result, Session } from '@baton/core';
import { isRestart } from './session-resume.ts';
import { eventsBeyond } from './superseded.ts';
import type { Restored } from './transcript/restore.ts';

/** What is to be written before a further attempt begins, and the answer if there is one already. */
export interface History {
  /** Marks what no longer counts; empty for a first attempt. */
  amends: Progress;
  /** The committed result of a dead attempt whose transcript is complete: no further turn is needed. */
  answer: Result | null;
}

const NO_HISTORY: History = Object.freeze({ amends: {}, answer: null });

/** Compares what was recorded with what was restored. */
export async function readHistory(
  events: EventStore,
  session: Session,
  restored: Restored,
): Promise<History> {
  if (session.attempts.length <= 1 || session.last_event_seq === 0) return NO_HISTORY;
  const before = session.superseded ?? [];
  if (isRestart(session)) {
    return {
      amends: { superseded: [{ from: 1, to: session.last_event_seq }], transcript: { files: [] } },
      answer: null,
    };
  }
  const beyond = await eventsBeyond(events, session, {
    uuids: restored.uuids,
    prompt: restored.holdsPrompt,
  });
  if (restored.holdsPrompt && !beyond?.losesMessages && session.last_result) {
    return { amends: {}, answer: session.last_result };
  }
  // What is left aside must count no more before the next attempt writes over it.
  const leaves = restored.files.length === 0 && session.transcript.files.length > 0;
  const amends: Progress = {
    ...(beyond ? { superseded: [...before, { from: beyond.from, to: beyond.to }] } : {}),
    ...(leaves ? { transcript: { files: [] } } : {}),
  };
  return { amends, answer: null };
}
