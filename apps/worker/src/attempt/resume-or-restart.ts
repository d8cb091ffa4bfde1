import { randomUUID } from 'node:crypto';
import {
  claudeIdOf,
  defined,
  hasTranscript,
  promptUuidOf,
  type Result,
  recoveryOf,
  type Session,
} from '@baton/core/internal';
import type { UserMessage } from '../claude/input-lines.ts';
import { asUserBlocks, promptTextOf } from '../claude/prompt-text.ts';
import { endsTurn } from '../transcript/ends-turn.ts';
import type { Restored } from '../transcript/restore.ts';

/**
 * How an attempt begins: whether the CLI resumes a transcript, and the first message that the CLI
 * gets.
 */
export interface Beginning {
  resume: boolean;
  prompt: UserMessage;
  /** Whether the last turn is over, so that messages of callers take the place of the prompt. */
  isTurnOver: boolean;
  /**
   * What the appended system prompt must tell the model, because the prompt does not: the calls that
   * were cut, and the notes. Null if there is nothing to tell, or if the prompt tells it.
   */
  systemNotes: string | null;
}

/** The CLI's own default prompt for continuing an unfinished turn. */
export const CONTINUATION_PROMPT = 'Continue from where you left off.';

/**
 * Returns whose transcript an attempt restores: the session's own transcript if an earlier attempt
 * saved one, else the parent's transcript. A session that restarts after a crash does not use its
 * own transcript.
 */
export function transcriptSource(session: Session): 'own' | 'parent' | 'none' {
  const isOwn = hasTranscript(session.transcript, claudeIdOf(session));
  if (isOwn && !isRestart(session)) return 'own';
  return session.kind === 'continue' ? 'parent' : 'none';
}

/**
 * Returns whether the last attempt that ran crashed and the session's `recovery` says to restart.
 * Two kinds of attempts ran nothing and do not count: attempts that were handed back before their
 * process began, and attempts that the host kept from starting.
 */
export function isRestart(session: Session): boolean {
  const previous = session.attempts
    .slice(0, -1)
    .filter(({ outcome }) => outcome !== 'host_failure')
    .findLast(({ outcome, failure, pid }) => outcome !== 'handed_back' || failure || pid);
  return previous?.failure?.code === 'CRASHED' && recoveryOf(session).on_crash === 'restart';
}

/** What else an attempt begins with. */
export interface BeginningFacts {
  /** The session's answer, if an earlier attempt committed it. */
  answer: Result | null;
  /** What the model learns about its workspace, a paragraph each. Default: nothing. */
  notes?: readonly string[];
}

/**
 * Returns how an attempt begins. The CLI gets the session's own prompt, or the continuation prompt
 * if the session's part of the transcript already holds that prompt. A slash command that the CLI
 * ran by itself left no turn to continue, so the command's prompt is sent again.
 */
export function beginAttempt(
  session: Session,
  restored: Restored,
  { answer, notes = [] }: BeginningFacts,
): Beginning {
  const { files, holdsPrompt, ranCommand, uuids, messages, cutCalls } = restored;
  const own = promptUuidOf(session.id);
  // The CLI ignores a message whose uuid is in the transcript already.
  const uuid = uuids.has(own) ? randomUUID() : own;
  const { content } = session.config;
  const blocks = content && asUserBlocks(content);
  const prompt = { uuid, text: promptTextOf(session), ...defined({ blocks }) };
  const note = [describeCutCalls(cutCalls), ...notes].filter(Boolean).join('\n\n') || null;
  if (files.length === 0) return { resume: false, prompt, isTurnOver: false, systemNotes: note };
  const isContinued = holdsPrompt && (!ranCommand || answer !== null);
  if (!isContinued) return { resume: true, prompt, isTurnOver: false, systemNotes: note };
  const isTurnOver = answer !== null || endsTurn(messages.at(-1));
  // Messages of callers may take the place of this prompt, so it must not be the only place.
  const isInPrompt = note !== null && !isTurnOver;
  const text = isInPrompt ? `${CONTINUATION_PROMPT}\n\n${note}` : CONTINUATION_PROMPT;
  return {
    resume: true,
    prompt: { uuid: randomUUID(), text },
    isTurnOver,
    systemNotes: isInPrompt ? null : note,
  };
}

/**
 * Returns the text that tells the model which calls the restored files do not show, or null if there
 * are none. `calls` are one line each.
 */
export function describeCutCalls(calls: readonly string[]): string | null {
  if (calls.length === 0) return null;
  const list = calls.map((call) => `- ${call}`).join('\n');
  return `The worker that ran this session was lost. The files may lack what these calls changed, and the calls may have had effects elsewhere:\n${list}`;
}
