import { fakePrompt } from '../../test/fake-claude/install.ts';
import { marksStep, type PlannedSession } from './plan.ts';

const FORM = /^Message (\d+) of this run\./;

/**
 * Returns the text of the message `n` to a session. The turn that begins with it continues the
 * marks of the session, because a message may end the turn that left them.
 */
export function messageText(
  n: number,
  session: Pick<PlannedSession, 'id' | 'marks' | 'turnMs' | 'withTools'>,
): string {
  return fakePrompt([marksStep(session)], `Message ${n} of this run.`);
}

/** Returns the numbers of the messages among these texts, in the order of the texts. */
export function numbersIn(texts: readonly string[]): number[] {
  return texts.flatMap((text) => {
    const [, n] = FORM.exec(text) ?? [];
    return n === undefined ? [] : [Number(n)];
  });
}
