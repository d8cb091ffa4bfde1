// The queue of the CLI, which holds the messages that it has read and not delivered yet.
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fleet } from './fleet.ts';
import { waitFor } from './wait.ts';

/** How many messages the CLI has put into its queue so far, as the transcript on its host says. */
async function countQueued({ root }: Fleet, claudeSessionId: string): Promise<number> {
  let count = 0;
  for await (const file of glob(join(root, 'tmp', '**', `${claudeSessionId}.jsonl`))) {
    count += (await readFile(file, 'utf8')).split('"operation":"enqueue"').length - 1;
  }
  return count;
}

/**
 * Calls `send`, which sends a message to the first session of a conversation, and waits until the
 * CLI has read the message. A worker marks a message as sent before it writes the message.
 */
export async function sendUntilRead<T>(
  fleet: Fleet,
  sessionId: string,
  send: () => Promise<T>,
): Promise<T> {
  const before = await countQueued(fleet, sessionId);
  const sent = await send();
  await waitFor('the CLI to read the message', async () => {
    return (await countQueued(fleet, sessionId)) > before;
  });
  return sent;
}
