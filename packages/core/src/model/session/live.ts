import { z } from 'zod';
import { jobOptionsSchema } from '../config/session-options.ts';
import { idSchema } from '../schema/id.ts';
import { sessionStatusSchema } from './status.ts';

const count = z.int().nonnegative();

/**
 * Schema of a live message that announces a change of a session. The message only says that there
 * is something to read. It may be lost.
 */
const sessionUpdateSchema = z.object({
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

/** Schema of the partial lines of an answer. Baton publishes them while the model writes and never stores them. */
const partialsSchema = z.object({
  kind: z.literal('partials'),
  id: idSchema,
  attempt: z.int().positive(),
  lines: z.array(z.string()),
});

/** Schema of every message on the live channel. */
export const liveMessageSchema = z.discriminatedUnion('kind', [
  sessionUpdateSchema,
  partialsSchema,
]);

/** An update of a session: its status and its last event. */
export type SessionUpdate = z.infer<typeof sessionUpdateSchema>;

/** Partial lines of an answer. */
export type Partials = z.infer<typeof partialsSchema>;

/** A message on the live channel. */
export type LiveMessage = z.infer<typeof liveMessageSchema>;

/** Schema of a change of a session's status, as readers receive it. */
export const statusChangeSchema = sessionUpdateSchema.omit({ kind: true });

/** A change of a session's status, as readers receive it. */
export type StatusChange = z.infer<typeof statusChangeSchema>;
