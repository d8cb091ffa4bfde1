import type { Event, MessageView } from '@baton/core/internal';
import { numbersIn } from '../numbered-message.ts';
import type { Check, Evidence } from './evidence.ts';
import { counting } from './evidence.ts';

/**
 * A message that was accepted is `delivered` and in the final transcript of its session once, or it
 * is `undelivered` or `cancelled` and in no transcript.
 */
export const messagesOnce: Check = function* (evidence) {
  for (const { n, session, id } of accepted(evidence)) {
    const view = viewOf(evidence, session, id);
    if (!view) {
      yield { session, problem: `message ${n} was accepted, and no list has it` };
      continue;
    }
    const { status } = view;
    if (status === 'queued') yield { session, problem: `message ${n} is still queued` };
    const expected = status === 'delivered' ? 1 : 0;
    const found = timesIn(evidence.said.get(session), n);
    if (found !== expected) {
      yield { session, problem: `message ${n} is ${status}, and ${found} times in the transcript` };
    }
    if (status !== 'delivered' && isAnywhere(evidence, n)) {
      yield { session, problem: `message ${n} is ${status}, and in a transcript` };
    }
  }
};

/** A delivered message is shown by one event that counts, and its `seq` names this event. */
export const messagesShown: Check = function* (evidence) {
  for (const { n, session, id } of accepted(evidence)) {
    const view = viewOf(evidence, session, id);
    if (view?.status !== 'delivered') continue;
    const seqs = counting(evidence, session)
      .filter((event) => showsMessage(event, id))
      .map(({ seq }) => seq);
    if (seqs.length !== 1 || seqs[0] !== view.seq) {
      const problem = `message ${n} names the event ${view.seq}, and is shown by [${seqs}]`;
      yield { session, problem };
    }
  }
};

/** A message that was refused is in no list, no transcript and no event. */
export const refusedNowhere: Check = function* (evidence) {
  for (const { n, session, answer } of evidence.messages) {
    if (!('refused' in answer)) continue;
    const listed = (evidence.views.get(session) ?? []).map(({ content }) => content);
    const traces = {
      'a list': numbersIn(listed).includes(n),
      'a transcript': isAnywhere(evidence, n),
      'an event': (evidence.events.get(session) ?? []).some((event) =>
        numbersIn(event.subtype === 'message' ? textsOf(event) : []).includes(n),
      ),
    };
    for (const [trace, isThere] of Object.entries(traces)) {
      if (isThere) yield { session, problem: `message ${n} was refused, and is in ${trace}` };
    }
  }
};

/**
 * Only a message that a client took back is `cancelled`, a completed session has no undelivered
 * message, and Info names exactly the undelivered messages.
 */
export const messagesReported: Check = function* (evidence) {
  const takenBack = new Set(
    accepted(evidence).flatMap(({ id, isTakenBack }) => (isTakenBack ? [id] : [])),
  );
  for (const { id: session, status: ending } of evidence.sessions.values()) {
    const views = evidence.views.get(session) ?? [];
    for (const { id, status } of views) {
      if ((status === 'cancelled') !== takenBack.has(id)) {
        const not = takenBack.has(id) ? '' : 'not ';
        yield { session, problem: `message ${id} was ${not}taken back, and is ${status}` };
      }
      if (status === 'undelivered' && ending === 'completed') {
        yield { session, problem: `is completed without its message ${id}` };
      }
    }
    const named = [...(evidence.undelivered.get(session) ?? [])].sort();
    const listed = views.filter(({ status }) => status === 'undelivered').map(({ id }) => id);
    if (named.join() !== listed.sort().join()) {
      yield { session, problem: `Info names [${named}] as undelivered, and the list [${listed}]` };
    }
  }
};

/** Returns how many messages of all sessions have this status. */
export function countMessages({ views }: Evidence, status: MessageView['status']): number {
  return [...views.values()].flat().filter((view) => view.status === status).length;
}

function accepted({ messages }: Evidence) {
  return messages.flatMap(({ answer, ...message }) =>
    'id' in answer ? [{ ...message, id: answer.id }] : [],
  );
}

function viewOf({ views }: Evidence, session: string, id: string): MessageView | undefined {
  return views.get(session)?.find((view) => view.id === id);
}

function timesIn(numbers: readonly number[] | undefined, n: number): number {
  return (numbers ?? []).filter((one) => one === n).length;
}

function isAnywhere({ said }: Evidence, n: number): boolean {
  return [...said.values()].some((numbers) => numbers.includes(n));
}

function showsMessage({ subtype, raw }: Event, id: string): boolean {
  return subtype === 'message' && (JSON.parse(raw) as { uuid?: string }).uuid === id;
}

function textsOf({ raw }: Event): string[] {
  const line = JSON.parse(raw) as { message?: { content?: string | { text?: string }[] } };
  const content = line.message?.content ?? [];
  return typeof content === 'string' ? [content] : content.map(({ text = '' }) => text);
}
