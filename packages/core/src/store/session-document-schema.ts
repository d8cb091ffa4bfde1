import { z } from 'zod';

const date = z.date();
const count = z.number();
const texts = z.array(z.string());

/**
 * The fields that every reader of a session document relies on. Everything else in the document may
 * have any form. Readers use only the verdict of this schema and not its output, so `z.object` is
 * enough: it costs a third of `z.looseObject`.
 */
export const sessionDocumentSchema = z.object({
  _id: z.string(),
  run_id: z.string(),
  kind: z.string(),
  status: z.string(),
  query: z.string(),
  config: z.object({}),
  root_session_id: z.string(),
  priority: count,
  start_time: date,
  created_at: date,
  updated_at: date,
  end_time: date.optional(),
  not_before: date.optional(),
  title: z.string().optional(),
  tags: texts.optional(),
  limits: texts.optional(),
  attempts: z.array(z.object({ started_at: date })),
  counts: z.object({ retries: count, crashes: count, hand_backs: count }),
  host_failures: z.array(z.object({})).optional(),
  lease: z.object({ fence: count, expires_at: date.optional() }),
  last_event_seq: count,
  superseded: z.array(z.object({})).optional(),
  pending_messages: z.array(z.object({ id: z.string(), bytes: count })).optional(),
  transcript: z.object({ files: z.array(z.object({})) }),
  workspace: z
    .object({
      type: z.string(),
      path: z.string(),
      capture: z
        .object({ taken_at: date, packs: z.array(z.object({ id: z.string(), bytes: count })) })
        .optional(),
    })
    .optional(),
  totals: z.object({ cost_usd: count }),
  failure: z
    .object({ code: z.string(), message: z.string(), at: date, retry_at: date.optional() })
    .optional(),
});
