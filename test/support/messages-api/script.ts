import type { Reply } from './reply.ts';
import type { MessagesRequest } from './request.ts';

/** One turn of a script: a reply, or a function that returns the reply to a request. */
type Turn = Reply | ((request: MessagesRequest) => Reply | Promise<Reply>);

/**
 * A list of turns in the order of the calls, or one function for all calls. The last turn of a list
 * repeats.
 */
export type Script = Turn[] | ((request: MessagesRequest) => Reply | Promise<Reply>);

/** Returns a function that resolves with the script's next reply. Throws if the script is an empty list. */
export function createPlayer(script: Script): (request: MessagesRequest) => Promise<Reply> {
  if (typeof script === 'function') return async (request) => script(request);
  if (script.length === 0) throw new Error('expected a script of at least one turn, got none');
  let next = 0;
  return async (request) => {
    const turn = script[Math.min(next, script.length - 1)];
    next += 1;
    if (turn === undefined) throw new Error(`no turn ${next} in the script`);
    return typeof turn === 'function' ? turn(request) : turn;
  };
}
