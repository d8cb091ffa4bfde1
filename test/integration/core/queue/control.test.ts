import { type ControlMessage, openWorkerRedis, subscribeControl } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { redisUrl, uniqueName } from '../../../support/services.ts';
import { untilPasses } from '../../../support/wait.ts';
import { test } from '../stores.ts';

async function listen(prefix: string): Promise<ControlMessage[]> {
  const client = openWorkerRedis(redisUrl());
  onTestFinished(() => client.disconnect());
  const received: ControlMessage[] = [];
  await subscribeControl(client, (message) => received.push(message), prefix);
  return received;
}

describe('a control message', () => {
  test('reaches every worker of its prefix and no others', async ({ queue, queuePrefix }) => {
    const [one, two] = [await listen(queuePrefix), await listen(queuePrefix)];
    const other = await listen(uniqueName('queue'));
    await queue.sendControl({ kind: 'cancel', id: 'a' });
    await queue.sendControl({ kind: 'interrupt', id: 'b' });
    await queue.sendControl({ kind: 'message', id: 'c' });
    const both = [
      { kind: 'cancel', id: 'a' },
      { kind: 'interrupt', id: 'b' },
      { kind: 'message', id: 'c' },
    ];
    await untilPasses(() => expect([one, two]).toEqual([both, both]));
    expect(other).toEqual([]);
  });

  test('may be sent while no worker listens', async ({ queue }) => {
    await queue.sendControl({ kind: 'cancel', id: 'a' });
  });

  test('is ignored if it is malformed', async ({ queue, queuePrefix }) => {
    const received = await listen(queuePrefix);
    const client = openWorkerRedis(redisUrl());
    onTestFinished(() => client.disconnect());
    for (const text of ['', '{', 'null', '[]', '{"kind":"cancel"}', '{"kind":"kill","id":"a"}']) {
      await client.publish(`${queuePrefix}:control`, text);
    }
    await queue.sendControl({ kind: 'cancel', id: 'last' });
    await untilPasses(() => expect(received).toEqual([{ kind: 'cancel', id: 'last' }]));
  });
});
