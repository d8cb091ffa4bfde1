/** Why Baton stopped an attempt before the CLI ended by itself. */
export type AbortReason =
  | { kind: 'cancel' }
  | { kind: 'interrupt' }
  | { kind: 'hand_back' }
  | { kind: 'timed_out'; deadline: Deadline }
  /**
   * The attempt must not write the session any more: another worker holds it, or MongoDB refuses
   * its writes.
   */
  | { kind: 'lost' }
  | { kind: 'store_unavailable' }
  /** The session took more turns than `max_turns` allows. */
  | { kind: 'turns_spent' };

/**
 * The clocks of an attempt. `startup` runs until the first event, `idle` between two lines,
 * `wall_clock` for the whole run, and `exit` from the last result to the end.
 */
export type Deadline = 'startup' | 'idle' | 'wall_clock' | 'exit';
