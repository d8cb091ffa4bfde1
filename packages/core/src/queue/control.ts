import type { Redis } from 'ioredis';
import { z } from 'zod';
import { QUEUE_PREFIX } from '../model/job/job.ts';

const messageSchema = z.object({ kind: z.enum(['cancel', 'interrupt']), id: z.string() });

/** A message to the worker that runs the session. It may be lost: the document holds the request. */
export type ControlMessage = z.infer<typeof messageSchema>;

function channel(prefix: string): string {
  return `${prefix}:control`;
}

/** Publishes a message to every worker; that no worker received it is no error. */
export async function publishControl(
  client: Redis,
  message: ControlMessage,
  prefix: string = QUEUE_PREFIX,
): Promise<void> {
  await client.publish(channel(prefix), JSON.stringify(message));
}

/** Receives every message from now on, on a connection that is used for nothing else. */
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
    // Not ours: anyone may publish on a Redis channel.
    return null;
  }
}
