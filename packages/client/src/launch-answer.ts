import type { Info, Message } from './api-types.ts';

/**
 * The answer to a launch. It has a `message` if the launch has the `on_busy` value `message` and its
 * conversation was busy: then the query was sent into this session, and there is no new session.
 */
export type LaunchAnswer = Info & {
  message?: { id: string; status: Message['status'] };
};
