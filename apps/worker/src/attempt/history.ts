// Finds out what earlier attempts of a session left: which events and results still count, and
// whether the session already has its answer.
import {
  defined,
  type EventStore,
  type Progress,
  type Result,
  type Session,
} from '@baton/core/internal';
import { isConversationNotFound } from '../claude/classify-result.ts';
import { endsTurn } from '../transcript/ends-turn.ts';
import type { Restored } from '../transcript/restore.ts';
import { toManifest } from '../transcript/tracked-file.ts';
import { findEventsBeyondTranscript } from './events-beyond-transcript.ts';
import { cutCallsOf } from './plan-workspace.ts';
import type { RecordedLine } from './recorded-line.ts';
import { isRestart } from './resume-or-restart.ts';
import { findUnrecordedMessages } from './unrecorded-messages.ts';

/** What to write before another attempt begins, and the answer if the session already has one. */
export interface History {
  /**
   * The update that marks the work of earlier attempts that no longer counts. Empty for a first
   * attempt.
   */
  amends: Progress;
  /**
   * The result that a dead attempt committed with a complete transcript, or null. A session with
   * such a result needs no further turn.
   */
  answer: Result | null;
  /**
   * The messages that only the transcript holds. They are recorded before the attempt runs. Their
   * cost is already counted.
   */
  unrecorded: readonly RecordedLine[];
}

type SupersededRange = NonNullable<Session['superseded']>[number];

const NO_HISTORY: History = Object.freeze({
  amends: {},
  answer: null,
  unrecorded: [],
});

/** Compares the events that earlier attempts recorded with the transcript that was restored. */
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
  // "No conversation found" is not an answer: the transcript's folder was missing when the CLI
  // looked for it.
  const isAnswer = last_result !== undefined && !isConversationNotFound(last_result);
  // A result does not count if the transcript was cut: the files lack what the turn did last.
  const isAnswered = !restored.isCut && restored.holdsPrompt && !beyond?.losesMessages && isAnswer;
  if (isAnswered && !isOutdated(session, restored)) {
    return { ...NO_HISTORY, answer: last_result };
  }
  // If the stored transcript was not restored, or only a part of it, the manifest names no more than
  // was restored before the attempt overwrites the stored files.
  const leaves = restored.files.length === 0 && session.transcript.files.length > 0;
  const amends: Progress = {
    ...defined({
      superseded: beyond ? withRange(before, beyond) : undefined,
      transcript: leaves || restored.isCut ? toManifest(restored.files) : undefined,
      // If this attempt dies before it has told the model, the next attempt finds the calls here.
      workspace:
        restored.isCut && session.workspace
          ? { ...session.workspace, cut_calls: [...cutCallsOf(session, restored)] }
          : undefined,
    }),
  };
  const unrecorded = await findUnrecordedMessages(events, session, restored.messages);
  return { amends, answer: null, unrecorded };
}

/**
 * Returns whether the stored result came before a message that the transcript holds. The worker died
 * before it stored that this message was delivered.
 */
function isOutdated(
  { pending_messages: pending = [] }: Session,
  { uuids, messages }: Restored,
): boolean {
  return pending.some(({ id }) => uuids.has(id)) && !endsTurn(messages.at(-1));
}

/**
 * Adds a range that reaches to the newest event, and drops the ranges that the new range covers.
 */
function withRange(
  ranges: readonly SupersededRange[],
  { from, to }: SupersededRange,
): SupersededRange[] {
  return [...ranges.filter((range) => range.from < from), { from, to }];
}
