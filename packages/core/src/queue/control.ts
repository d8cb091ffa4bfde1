import type { Redis } from 'ioredis';
import { z } from 'zod';
import { QUEUE_PREFIX } from '../model/job/job.ts';

const messageSchema = z.object({ kind: z.enum(['cancel', 'interrupt']), id: z.string() });

/**
 * A message to the worker that runs the session. The message may be lost; the session document also
 * holds the request.
 */
export type ControlMessage = z.infer<typeof messageSchema>;

function channel(prefix: string): string {
  return `${prefix}:control`;
}

/** Publishes a message to every worker. If no worker receives the message, that is not an error. */
export async function publishControl(
  client: Redis,
  message: ControlMessage,
  prefix: string = QUEUE_PREFIX,
): Promise<void> {
  await client.publish(channel(prefix), JSON.stringify(message));
}

/**
 * Calls `onControlMessage` with every message from now on. The connection must be used for nothing
 * else.
 */
export async function subscribeControl(
  client: Redis,
  onControlMessage: (message: ControlMessage) => void,
  prefix: string = QUEUE_PREFIX,
): Promise<void> {
  client.on('message', (_channel: string, text: string) => {
    const message = messageSchema.safeParse(parse(text));
    if (message.success) onControlMessage(message.data);
  });
  await client.subscribe(channel(prefix));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Any program may publish on a Redis channel, so a message may come from a program other than
    // Baton.
    return null;
  }
}
