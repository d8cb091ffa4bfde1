import { describe, expect } from 'vitest';
import { createClient, type SessionHandle } from '../../../packages/client/src/index.ts';
import { makeCompletedSession } from '../../support/factories.ts';
import { all, type Fetch, test } from './clients.ts';

const ID = '0197f0a0-0000-7000-8000-0000000000aa';
const MESSAGE = '0197f0a0-0000-7000-8000-0000000000bb';

describe('the handle of a session', () => {
  test('sends a message, lists it and takes it back', async ({ client }) => {
    const { id } = await client.launch({ query: 'hello' });
    const session = client.session(id);
    const sent = await session.send('use tabs', { priority: 'later', idempotencyKey: 'tabs' });
    expect(sent).toMatchObject({ status: 'queued', session_id: id });
    expect(await session.send('use tabs', { priority: 'later', idempotencyKey: 'tabs' })).toEqual(
      sent,
    );
    expect(await all(session.messages())).toMatchObject([
      { id: sent.id, content: 'use tabs', priority: 'later', status: 'queued' },
    ]);
    expect(await session.cancelMessage(sent.id)).toMatchObject({ status: 'cancelled' });
    expect(await session.get()).toMatchObject({ id, status: 'queued' });
  });

  test('continues a session that has ended, but only if the message asks for it', async ({
    api,
    client,
  }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const session = client.session(id);
    await expect(session.send('more')).rejects.toMatchObject({ code: 'SESSION_TERMINAL' });
    const sent = await session.send('more', { on_ended: 'continue' });
    expect(sent.status).toBe('continued');
    expect(await client.session(sent.session_id).get()).toMatchObject({
      query: 'more',
      parent_session_id: id,
    });
  });

  test('makes the requests of the client’s methods', async ({ url }) => {
    const asked: string[] = [];
    const fetch: Fetch = async (input, init) => {
      const request = new Request(input, init);
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      return Response.json({}, { status: 400 });
    };
    const session = createClient({ baseUrl: url, fetch }).session(ID);
    const path = `/v1/sessions/${ID}`;
    const calls: Record<
      Exclude<keyof SessionHandle, 'id'>,
      [() => PromiseLike<unknown>, string]
    > = {
      send: [() => session.send('c'), `POST ${path}/messages`],
      messages: [() => all(session.messages()), `GET ${path}/messages`],
      cancelMessage: [() => session.cancelMessage(MESSAGE), `DELETE ${path}/messages/${MESSAGE}`],
      get: [() => session.get(), `GET ${path}`],
      continue: [() => session.continue({ query: 'q' }), `POST ${path}/continue`],
      rerun: [() => session.rerun(), `POST ${path}/rerun`],
      conversation: [() => all(session.conversation()), `GET ${path}/conversation`],
      events: [() => all(session.events()), `GET ${path}/events`],
      waitForResult: [() => session.waitForResult(), `GET ${path}/events`],
      files: [() => all(session.files()), `GET ${path}/files`],
      file: [() => session.file('a b/c.txt'), `GET ${path}/files/a%20b/c.txt`],
      diff: [() => all(session.diff()), `GET ${path}/diff`],
      patch: [() => session.patch(), `GET ${path}/diff`],
      archive: [() => session.archive(), `GET ${path}/workspace.tar.gz`],
      cancel: [() => session.cancel(), `POST ${path}/cancel`],
      interrupt: [() => session.interrupt(), `POST ${path}/interrupt`],
      delete: [() => session.delete(), `DELETE ${path}`],
    };
    for (const [name, [call, request]] of Object.entries(calls)) {
      await call().then(
        () => expect.unreachable(name),
        () => {},
      );
      expect(asked.pop(), name).toBe(request);
    }
  });

  test('is refused for a text that cannot be an id', async ({ client }) => {
    expect(() => client.session('../usage')).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
  });
});
