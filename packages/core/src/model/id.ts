import { v7 } from 'uuid';
import { z } from 'zod';

/** A session's id: a UUID in lower case (also the BullMQ job id, and for a launch the CLI's session id). */
export const idSchema = z.uuid().regex(/^[^A-Z]*$/, 'expected lower case');

/** Mints a session id: UUIDv7, so that ids rise roughly with time. */
export function newId(): string {
  return v7();
}
