import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { expect } from 'vitest';
import { databaseUrl, openApi } from '../../support/api.ts';
import { redisUrl, test } from '../../support/services.ts';

test('the API closes even if a client keeps sending requests on an open connection', async ({
  databaseName,
  queuePrefix,
}) => {
  const mongodb = databaseUrl(databaseName);
  const api = await openApi({ redis: redisUrl(), mongodb, prefix: queuePrefix });
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  async function ask(): Promise<string | undefined> {
    const [answer] = await once(get(`${url}/v1/sessions`, { agent }), 'response');
    await once(answer.resume(), 'end');
    return answer.headers.connection;
  }

  expect(await ask()).toBe('keep-alive');
  const arrived = once(api.app.server, 'request');
  const underWay = ask();
  await arrived;
  const closed = api.close();
  expect(await underWay).toBe('close');
  await expect(ask()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
  await closed;
});
