import { claudeIdOf, hasTranscript, recoveryOf, type Session } from '@baton/core/internal';
import { promptTextOf } from '../claude/prompt-text.ts';
import type { Restored } from '../transcript/restore.ts';

/** How an attempt begins: where its transcript comes from, and what it says to Claude. */
export interface Beginning {
  resume: boolean;
  prompt: string;
}

/** Claude's own default text for going on with an unfinished turn. */
export const CONTINUATION_PROMPT = 'Continue from where you left off.';

/**
 * Whose transcript an attempt restores: its own if an earlier attempt saved one, else its parent's. A
 * session that restarts after a crash leaves its own aside.
 */
export function transcriptSource(session: Session): 'own' | 'parent' | 'none' {
  const isOwn = hasTranscript(session.transcript, claudeIdOf(session));
  if (isOwn && !isRestart(session)) return 'own';
  return session.kind === 'continue' ? 'parent' : 'none';
}

/**
 * Says whether the last attempt that ran crashed and the session's policy is to begin again. One that was
 * handed back before its process began, or that the host kept from starting, changed nothing.
 */
export function isRestart(session: Session): boolean {
  const previous = session.attempts
    .slice(0, -1)
    .filter(({ outcome }) => outcome !== 'host_failure')
    .findLast(({ outcome, failure, pid }) => outcome !== 'handed_back' || failure || pid);
  return previous?.failure?.code === 'CRASHED' && recoveryOf(session).on_crash === 'restart';
}

/**
 * What an attempt says: the session's own prompt, unless its own saved transcript holds that already;
 * then it goes on from where that ends. A slash command that the CLI ran by itself left nothing to go on
 * with, and is said again.
 */
export function beginAttempt(
  session: Session,
  { files, holdsPrompt, ranCommand }: Restored,
): Beginning {
  const prompt = promptTextOf(session);
  if (files.length === 0) return { resume: false, prompt };
  return { resume: true, prompt: holdsPrompt && !ranCommand ? CONTINUATION_PROMPT : prompt };
}
