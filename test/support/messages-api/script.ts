import type { Reply } from './reply.ts';
import type { MessagesRequest } from './request.ts';

/** One turn of a script: an answer, or a function that finds it by looking at the request. */
type Turn = Reply | ((request: MessagesRequest) => Reply | Promise<Reply>);

/** Turns in the order of the calls (the last one repeats), or one function for every call. */
export type Script = Turn[] | ((request: MessagesRequest) => Reply | Promise<Reply>);

/** Returns the function that says the script's next answer; an empty list is refused. */
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
