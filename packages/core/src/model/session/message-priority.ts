import { z } from 'zod';

/** Schema of a message's priority: when Claude gets the message. */
export const messagePrioritySchema = z
  .enum(['next', 'later', 'now'])
  .describe(
    'When Claude gets the message. `next`: with the result of the running tool. `later`: after the turn. `now`: in a turn of its own, and the running turn ends once its tool has returned.',
  );

/** A message's priority: when Claude gets the message. */
export type MessagePriority = z.infer<typeof messagePrioritySchema>;
