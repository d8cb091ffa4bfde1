import type { Session } from '@baton/core/internal';
import type { Fleet } from './fleet.ts';

/** The saved transcript of a session, as text. */
export async function transcriptOf({ baton }: Fleet, session: Session): Promise<string> {
  let text = '';
  for (const file of session.transcript.files) {
    for await (const data of baton.stores.transcripts.read(file, [session]))
      text += data.toString();
  }
  return text;
}
