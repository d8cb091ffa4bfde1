import { z } from 'zod';
import { idSchema } from '../schema/id.ts';

/** How many sessions one request may cancel. */
export const CANCEL_MAX = 1_000;

/** Schema of the sessions that a request cancels: either by their ids, or by their tag. */
export const cancelSelectionSchema = z
  .strictObject({
    ids: z
      .array(idSchema)
      .min(1)
      .max(CANCEL_MAX)
      .optional()
      .describe('The sessions to cancel, at most 1,000.'),
    tag: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe(
        'Cancels the sessions with this tag that have not ended and were not asked to cancel yet: the newest 1,000.',
      ),
  })
  .superRefine(({ ids, tag }, context) => {
    if ((ids === undefined) !== (tag === undefined)) return;
    const message = 'expected either ids or tag';
    context.addIssue({ code: 'custom', path: ['ids'], message });
  });

/** The sessions that a request cancels. */
export type CancelSelection = z.infer<typeof cancelSelectionSchema>;
