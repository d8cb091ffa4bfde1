import { v7 } from 'uuid';
import { z } from 'zod';

/**
 * Schema of a session's id: a lower-case UUID. It is also the id of the BullMQ job and, for a launch, the CLI's
 * session id.
 */
export const idSchema = z.stringFormat(
  'uuid',
  /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  'expected a lower-case UUID',
);

/** Creates a session id. It is a UUIDv7, so ids sort roughly by time. */
export function newId(): string {
  return v7();
}
