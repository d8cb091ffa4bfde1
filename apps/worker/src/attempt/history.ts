// What earlier attempts of a session left: what of it still counts, and whether they had finished.
import {
  defined,
  type EventStore,
  type Progress,
  type Result,
  type Session,
} from '@baton/core/internal';
import { isConversationNotFound } from '../claude/classify-result.ts';
import type { Restored } from '../transcript/restore.ts';
import { findEventsBeyondTranscript } from './events-beyond-transcript.ts';
import type { RecordedLine } from './recorded-line.ts';
import { isRestart } from './resume-or-restart.ts';
import { findUnrecordedMessages } from './unrecorded-messages.ts';

/** What is to be written before a further attempt begins, and the answer if there is one already. */
export interface History {
  /** Marks what no longer counts; empty for a first attempt. */
  amends: Progress;
  /** The committed result of a dead attempt whose transcript is complete: no further turn is needed. */
  answer: Result | null;
  /** What the transcript holds and nobody recorded (what it cost is counted): to be recorded before the attempt goes on. */
  unrecorded: readonly RecordedLine[];
}

type SupersededRange = NonNullable<Session['superseded']>[number];

const NO_HISTORY: History = Object.freeze({
  amends: {},
  answer: null,
  unrecorded: [],
});

/** Compares what was recorded with what was restored. */
export async function readHistory(
  events: EventStore,
  session: Session,
  restored: Restored,
): Promise<History> {
  if (session.attempts.length <= 1) return NO_HISTORY;
  const before = session.superseded ?? [];
  if (isRestart(session)) {
    const all = { from: 1, to: session.last_event_seq };
    return {
      ...NO_HISTORY,
      amends: {
        ...defined({ superseded: all.to > 0 ? [all] : undefined }),
        transcript: { files: [] },
      },
    };
  }
  const beyond = await findEventsBeyondTranscript(events, session, {
    uuids: restored.uuids,
    prompt: restored.holdsPrompt,
  });
  const { last_result } = session;
  // A CLI that did not find the transcript answered nothing: its folder was away for a moment.
  const isAnswer = last_result !== undefined && !isConversationNotFound(last_result);
  if (restored.holdsPrompt && !beyond?.losesMessages && isAnswer) {
    return { ...NO_HISTORY, answer: last_result };
  }
  // What is left aside must count no more before the next attempt writes over it.
  const leaves = restored.files.length === 0 && session.transcript.files.length > 0;
  const amends: Progress = {
    ...defined({
      superseded: beyond ? withRange(before, beyond) : undefined,
      transcript: leaves ? { files: [] } : undefined,
    }),
  };
  const unrecorded = await findUnrecordedMessages(events, session, restored.messages);
  return { amends, answer: null, unrecorded };
}

/** Adds a range that reaches to the newest event; ranges that the new range covers are dropped. */
function withRange(
  ranges: readonly SupersededRange[],
  { from, to }: SupersededRange,
): SupersededRange[] {
  return [...ranges.filter((range) => range.from < from), { from, to }];
}
