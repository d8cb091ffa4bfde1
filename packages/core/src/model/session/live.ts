import { z } from 'zod';
import { jobOptionsSchema } from '../config/session-options.ts';
import { idSchema } from '../schema/id.ts';
import { sessionStatusSchema } from './status.ts';

const count = z.int().nonnegative();

/** What is told of a session over Redis: a word that something is there to be read. It may be lost. */
const newsSchema = z.object({
  kind: z.literal('news'),
  id: idSchema,
  root_session_id: idSchema,
  parent_session_id: idSchema.optional(),
  status: sessionStatusSchema,
  last_event_seq: count,
  title: jobOptionsSchema.shape.title,
  tags: jobOptionsSchema.shape.tags,
  at: z.iso.datetime(),
});

/** Lines that grow an answer, told while it grows and stored nowhere. */
const partialsSchema = z.object({
  kind: z.literal('partials'),
  id: idSchema,
  attempt: z.int().positive(),
  lines: z.array(z.string()),
});

/** Everything that is told live. */
export const liveMessageSchema = z.discriminatedUnion('kind', [newsSchema, partialsSchema]);

/** A word of a session: where its status and its events are by now. */
export type SessionNews = z.infer<typeof newsSchema>;

/** Lines that grow an answer. */
export type Partials = z.infer<typeof partialsSchema>;

/** Everything that is told live. */
export type LiveMessage = z.infer<typeof liveMessageSchema>;

/** A change of a session's status, as its readers see it. */
export const statusChangeSchema = newsSchema.omit({ kind: true });

/** A change of a session's status, as its readers see it. */
export type StatusChange = z.infer<typeof statusChangeSchema>;
