import { lineOf } from '../watch.ts';
import type { Check } from './evidence.ts';
import { committed } from './evidence.ts';

/** The events of a session are 1 to `last_event_seq`, each once. */
export const noGap: Check = function* (evidence) {
  for (const { id, last_event_seq } of evidence.sessions.values()) {
    const seqs = committed(evidence, id).map(({ seq }) => seq);
    const wrong = seqs.findIndex((seq, index) => seq !== index + 1);
    if (wrong >= 0)
      yield { session: id, problem: `has seq ${seqs[wrong]} where ${wrong + 1} belongs` };
    else if (seqs.length !== last_event_seq) {
      yield {
        session: id,
        problem: `has ${seqs.length} events, last_event_seq says ${last_event_seq}`,
      };
    }
  }
};

/** Every event that a reader was shown is there, and is the same. */
export const acknowledged: Check = function* (evidence) {
  for (const [id, lines] of evidence.shown) {
    const now = new Map(committed(evidence, id).map((event) => [event.seq, lineOf(event)]));
    for (const [seq, line] of lines) {
      const found = now.get(seq);
      if (found === undefined) yield { session: id, problem: `seq ${seq} was shown and is gone` };
      else if (found !== line)
        yield { session: id, problem: `seq ${seq} was shown and is another now` };
    }
  }
};
