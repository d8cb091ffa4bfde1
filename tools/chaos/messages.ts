// The clients of a run that send messages to sessions, and take some back.
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, isAppError, type SessionMessages } from '@baton/core/internal';
import { messageText } from './numbered-message.ts';
import type { PlannedSession } from './plan.ts';
import type { PlannedMessage } from './plan-messages.ts';
import { untilAnswered } from './until-answered.ts';

/** A message that was answered. */
export interface AnsweredMessage {
  n: number;
  session: string;
  /** The id of the message if the session accepted it, else the code of the refusal. */
  answer: { id: string } | { refused: ErrorCode };
  /** Whether a client took the message back, and Baton accepted that. */
  isTakenBack: boolean;
}

/** The clients that send messages. */
export interface MessageClients {
  /** Every answered message, by its number. */
  readonly answered: Map<number, AnsweredMessage>;
  /**
   * Sends a message to a session of the run, if there is one, and takes it back later if the plan
   * says so. Resolves once both requests are answered.
   */
  send(planned: PlannedMessage): Promise<void>;
}

/** What the clients use to send messages. */
export interface MessageClientsOptions {
  messages: SessionMessages;
  /** Returns every session that a client launched. */
  launched(): readonly PlannedSession[];
  hasEnded(id: string): boolean;
}

/** Creates clients that have sent no message yet. */
export function createMessageClients(options: MessageClientsOptions): MessageClients {
  const { messages, launched, hasEnded } = options;
  const answered = new Map<number, AnsweredMessage>();

  function choose({ pick, isBlind }: PlannedMessage): PlannedSession | undefined {
    const sessions = launched().filter(({ id }) => isBlind || !hasEnded(id));
    return sessions[Math.floor(pick * sessions.length)];
  }

  function post({ n, priority }: PlannedMessage, session: PlannedSession) {
    const request = { content: messageText(n, session), priority };
    // With the key, a repeated request sends no second message.
    const work = () =>
      messages.sendMessage(session.id, request, { idempotency_key: `message-${n}` });
    return untilAnswered(work).then(({ id }) => ({ id }), toRefusal);
  }

  return {
    answered,
    async send(planned) {
      const session = choose(planned);
      if (!session) return;
      const { n, takeBackAfterMs } = planned;
      const answer = await post(planned, session);
      const message = { n, session: session.id, answer, isTakenBack: false };
      answered.set(n, message);
      if (takeBackAfterMs === undefined || !('id' in answer)) return;
      await delay(takeBackAfterMs);
      const takeBack = () => messages.cancelMessage(session.id, answer.id);
      message.isTakenBack = await untilAnswered(takeBack).then(
        () => true,
        (error: unknown) => {
          if (isAppError(error) && error.code === 'MESSAGE_NOT_QUEUED') return false;
          throw error;
        },
      );
    },
  };
}

function toRefusal(error: unknown): { refused: ErrorCode } {
  if (isAppError(error)) return { refused: error.code };
  throw error;
}
