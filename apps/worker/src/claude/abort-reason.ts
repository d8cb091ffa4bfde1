/** Why Baton ended an attempt before the CLI did. */
export type AbortReason =
  | { kind: 'cancel' }
  | { kind: 'interrupt' }
  | { kind: 'hand_back' }
  | { kind: 'timed_out'; deadline: Deadline }
  /** The attempt may not write the session any more: another worker holds it, or MongoDB refuses its writes. */
  | { kind: 'lost' }
  | { kind: 'store_unavailable' };

/** The clocks of an attempt: to the first event, between lines, in all, from last result to the end. */
export type Deadline = 'startup' | 'idle' | 'wall_clock' | 'exit';
