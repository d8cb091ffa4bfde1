import { z } from 'zod';
import { jobOptionsSchema } from '../config/session-options.ts';
import { idSchema } from '../schema/id.ts';
import { sessionStatusSchema } from './status.ts';

const count = z.int().nonnegative();

/** What is published of a session over Redis: a hint that there is something to read. It may be lost. */
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

/** Partial lines of an answer, published while it grows and never stored. */
const partialsSchema = z.object({
  kind: z.literal('partials'),
  id: idSchema,
  attempt: z.int().positive(),
  lines: z.array(z.string()),
});

/** Every message that is published live. */
export const liveMessageSchema = z.discriminatedUnion('kind', [
  sessionUpdateSchema,
  partialsSchema,
]);

/** An update of a session: its status and its last event. */
export type SessionUpdate = z.infer<typeof sessionUpdateSchema>;

/** Partial lines of an answer. */
export type Partials = z.infer<typeof partialsSchema>;

/** Every message that is published live. */
export type LiveMessage = z.infer<typeof liveMessageSchema>;

/** A change of a session's status, as its readers see it. */
export const statusChangeSchema = sessionUpdateSchema.omit({ kind: true });

/** A change of a session's status, as its readers see it. */
export type StatusChange = z.infer<typeof statusChangeSchema>;
