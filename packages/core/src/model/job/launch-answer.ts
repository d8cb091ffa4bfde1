import { z } from 'zod';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { infoSchema, toInfo } from '../session/info.ts';
import { messageStatusSchema } from '../session/message.ts';
import type { AcceptedSession } from './idempotency.ts';

/** Schema of the answer to a launch: the session, and the message if the query was sent into it. */
export const launchAnswerSchema = infoSchema.extend({
  message: z
    .object({ id: idSchema, status: messageStatusSchema })
    .optional()
    .describe(
      'The message to this session. Only in the answer to a launch with `on_busy: message` whose conversation was busy: then there is no new session.',
    ),
});

/** The answer to a launch. */
export type LaunchAnswer = z.infer<typeof launchAnswerSchema>;

/** Returns the answer to a launch that was accepted. */
export function toLaunchAnswer({ session, message }: AcceptedSession): LaunchAnswer {
  return { ...toInfo(session), ...defined({ message }) };
}
