import { v7 } from 'uuid';
import { z } from 'zod';

/** A session's id: a UUID in lower case (also the BullMQ job id, and for a launch the CLI's session id). */
export const idSchema = z.stringFormat(
  'uuid',
  /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  'expected a UUID in lower case',
);

/** Mints a session id: UUIDv7, so that ids rise roughly with time. */
export function newId(): string {
  return v7();
}
