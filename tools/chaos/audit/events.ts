import { lineOf } from '../watch.ts';
import type { Check } from './evidence.ts';
import { committed } from './evidence.ts';

/** A session has exactly one event for each `seq` from 1 to `last_event_seq`. */
export const noGap: Check = function* (evidence) {
  for (const { id, last_event_seq } of evidence.sessions.values()) {
    const seqs = committed(evidence, id).map(({ seq }) => seq);
    const wrong = seqs.findIndex((seq, index) => seq !== index + 1);
    if (wrong >= 0)
      yield { session: id, problem: `has seq ${seqs[wrong]} instead of ${wrong + 1}` };
    else if (seqs.length !== last_event_seq) {
      yield {
        session: id,
        problem: `has ${seqs.length} events, but last_event_seq is ${last_event_seq}`,
      };
    }
  }
};

/** Every event that a reader was shown still exists, unchanged. */
export const acknowledged: Check = function* (evidence) {
  for (const [id, lines] of evidence.shown) {
    const now = new Map(committed(evidence, id).map((event) => [event.seq, lineOf(event)]));
    for (const [seq, line] of lines) {
      const found = now.get(seq);
      if (found === undefined) yield { session: id, problem: `seq ${seq} was shown and is gone` };
      else if (found !== line)
        yield { session: id, problem: `seq ${seq} was shown and has changed` };
    }
  }
};
