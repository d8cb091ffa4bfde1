// The plan of the messages: when each is sent, and with which priority. The plan depends only on
// the seed.
import { defined, type MessagePriority } from '@baton/core/internal';
import { createRandom } from './random.ts';

/** One planned message. */
export interface PlannedMessage {
  /** The number of the message, from 1. */
  n: number;
  atMs: number;
  /** Picks the session that gets the message, from 0 (the first session at that time) to 1 (the last). */
  pick: number;
  /** Whether the message may also go to a session that has ended, which refuses it. */
  isBlind: boolean;
  priority: MessagePriority;
  /** How long after its answer the message is taken back, in milliseconds. */
  takeBackAfterMs?: number;
}

/** How many messages there are for each session, on average. */
const PER_SESSION = 3;

const PRIORITIES: readonly MessagePriority[] = ['next', 'later', 'now'];

/** Returns the messages of a run of `ms` milliseconds, in the order in which they are sent. */
export function planMessages(options: {
  seed: number;
  ms: number;
  sessions: number;
}): PlannedMessage[] {
  const { seed, ms, sessions } = options;
  const random = createRandom(seed, 'messages');
  return Array.from({ length: sessions * PER_SESSION }, () => ({
    atMs: random.between(0, ms),
    pick: random.next(),
    isBlind: random.next() < 0.1,
    priority: random.pick(PRIORITIES) ?? 'next',
    ...defined({ takeBackAfterMs: random.next() < 0.15 ? random.between(0, 500) : undefined }),
  }))
    .sort((a, b) => a.atMs - b.atMs)
    .map((message, index) => ({ n: index + 1, ...message }));
}
