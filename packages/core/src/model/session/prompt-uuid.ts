import { v5 } from 'uuid';

// A fixed random UUID that must never change. With another UUID, an attempt would not find the
// prompt in a transcript that an earlier attempt left, and would send the prompt again.
const NAMESPACE = '5d0c3f0a-9e0b-4a57-8f4e-2b1f6f0f9a31';

/**
 * Returns the uuid of a session's prompt: in the CLI's lines and transcript, and in the prompt's
 * event. Every attempt of the session uses the same uuid, and no other session does.
 */
export function promptUuidOf(sessionId: string): string {
  return v5(sessionId, NAMESPACE);
}
