import { z } from 'zod';

/** Schema of when the CLI takes a message in. */
export const messagePrioritySchema = z
  .enum(['next', 'later', 'now'])
  .describe(
    'When Claude gets the message. `next`: with the result of the running tool. `later`: after the turn. `now`: Baton ends the turn first.',
  );

/** When the CLI takes a message in. */
export type MessagePriority = z.infer<typeof messagePrioritySchema>;
