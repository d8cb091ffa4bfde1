import { hasTranscript, type Session } from '@baton/core';

/** How an attempt begins: where its transcript comes from, and what it says to Claude. */
export interface Beginning {
  resume: boolean;
  prompt: string;
}

/** Claude's own default text for going on with an unfinished turn (claude-cli section 3). */
export const CONTINUATION_PROMPT = 'Continue from where you left off.';

/** Whose transcript an attempt restores: its own if an earlier attempt saved one, else its parent's. */
export function transcriptSource(session: Session): 'own' | 'parent' | 'none' {
  if (hasTranscript(session.transcript, session.root_session_id)) return 'own';
  return session.kind === 'continue' ? 'parent' : 'none';
}

/**
 * What an attempt says: the session's own prompt, unless its own saved transcript holds that already;
 * then it goes on from where that ends.
 */
export function beginAttempt(
  session: Session,
  source: 'own' | 'parent' | 'none',
  holdsPrompt: boolean,
): Beginning {
  if (source === 'none') return { resume: false, prompt: session.query };
  return { resume: true, prompt: holdsPrompt ? CONTINUATION_PROMPT : session.query };
}
