// The options by which a launch names its conversation.
import { z } from 'zod';
import { hasVisibleText } from '../schema/visible-text.ts';

/** Schema of the key that a caller chooses for a conversation, such as the number of a pull request. */
export const conversationKeySchema = z
  .string()
  .min(1)
  .max(256)
  .refine(hasVisibleText, 'expected visible text, got only white space');

/** Schema of what a launch with a conversation key does while the newest session has not ended. */
export const launchOnBusySchema = z
  .enum(['reject', 'enqueue', 'interrupt', 'message'])
  .describe(
    'Only beside `conversation_key`: what the launch does if the newest session of the conversation has not ended. `enqueue` (default) waits for it, `interrupt` interrupts it and then waits for it, `reject` refuses the launch, `message` sends the query into it as a message.',
  );

/** Schema of the options that a launch may have in addition to the options of every session. */
export const conversationOptionsSchema = z.strictObject({
  conversation_key: conversationKeySchema
    .optional()
    .describe(
      'Names a conversation of the caller. The first launch with a key begins the conversation. Each later launch continues its newest session, and inherits the keys of the config that it leaves out. Baton keeps the keys of different tenants apart.',
    ),
  on_busy: launchOnBusySchema.optional(),
});

/** Schema of the options that name a conversation, for a caller whose other options are checked elsewhere. */
export const namedConversationSchema =
  conversationOptionsSchema.superRefine(checkConversationOptions);

/** What a launch with a conversation key does while the newest session has not ended. */
export type LaunchOnBusy = z.infer<typeof launchOnBusySchema>;

/** The options that a launch may have in addition to the options of every session. */
export type ConversationOptions = z.infer<typeof conversationOptionsSchema>;

/** A function for zod's `superRefine` that refuses `on_busy` without a conversation key. */
export function checkConversationOptions(
  { conversation_key, on_busy }: ConversationOptions,
  context: z.RefinementCtx,
): void {
  if (on_busy === undefined || conversation_key !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['on_busy'],
    message: 'expected it only together with conversation_key',
  });
}
