// Decides what a launch with a conversation key does, only from the newest session of the
// conversation.
import type { LaunchOnBusy } from '../config/conversation-key.ts';
import { isResumable } from './info.ts';
import type { Session } from './session.ts';
import { isTerminal } from './status.ts';

/**
 * How a session of the conversation stands. `absent`: there is none. `busy`: it has not ended.
 * `resumable`: it has ended and can be continued. `lost`: it has ended without a transcript.
 */
export type Standing = 'absent' | 'busy' | 'resumable' | 'lost';

/** What a launch with a conversation key does. */
export type KeyedLaunchPlan =
  /** It launches a session that is the first of the conversation, or begins it anew. */
  | 'launch'
  /** It continues the newest session. */
  | 'continue'
  /** It continues the newest session once that session has ended. */
  | 'enqueue'
  /** It interrupts the newest session, and continues it once it has ended. */
  | 'interrupt'
  /** It sends its query to the newest session. */
  | 'message'
  /** It is refused. */
  | 'reject';

/** Returns how a session stands for a launch with the key of its conversation. */
export function standingOf(session: Session | null): Standing {
  if (!session) return 'absent';
  if (!isTerminal(session.status)) return 'busy';
  return isResumable(session) ? 'resumable' : 'lost';
}

/**
 * Returns what the launch does. `newest` is how the newest session that is busy or resumable
 * stands; without such a session, it is `absent` or `lost`. `onBusy` defaults to `enqueue`.
 */
export function planKeyedLaunch(
  newest: Standing,
  onBusy: LaunchOnBusy = 'enqueue',
): KeyedLaunchPlan {
  switch (newest) {
    case 'absent':
    case 'lost':
      return 'launch';
    case 'resumable':
      return 'continue';
    case 'busy':
      return onBusy;
  }
}
