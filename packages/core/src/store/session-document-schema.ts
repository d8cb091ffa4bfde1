import { z } from 'zod';

const date = z.date();
const count = z.number();
const texts = z.array(z.string());

/** What every reader of a session document relies on; anything else in the document may be of any form. */
export const sessionDocumentSchema = z.looseObject({
  _id: z.string(),
  run_id: z.string(),
  kind: z.string(),
  status: z.string(),
  query: z.string(),
  config: z.looseObject({}),
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
  attempts: z.array(z.looseObject({ started_at: date })),
  counts: z.looseObject({ retries: count, crashes: count, hand_backs: count }),
  host_failures: z.array(z.looseObject({})).optional(),
  lease: z.looseObject({ fence: count, expires_at: date.optional() }),
  last_event_seq: count,
  superseded: z.array(z.looseObject({})).optional(),
  transcript: z.looseObject({ files: z.array(z.looseObject({})) }),
  totals: z.looseObject({ cost_usd: count }),
  failure: z
    .looseObject({ code: z.string(), message: z.string(), at: date, retry_at: date.optional() })
    .optional(),
});
