import type { Redis } from 'ioredis';
import { z } from 'zod';
import { QUEUE_PREFIX } from '../model/job/job.ts';

const messageSchema = z.object({
  kind: z.enum(['cancel', 'interrupt', 'message']),
  id: z.string(),
});

/**
 * A notice to the worker that runs the session. The notice may be lost, because the session
 * document also holds what it is about: a request to stop, or (`message`) a message to deliver.
 */
export type ControlMessage = z.infer<typeof messageSchema>;

/** The kinds of requests to stop a session. */
export type StopKind = Exclude<ControlMessage['kind'], 'message'>;

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
