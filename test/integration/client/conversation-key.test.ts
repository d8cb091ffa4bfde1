import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { all, test } from './clients.ts';

describe('a client', () => {
  test('launches in the conversation of a key, and lists the sessions of that conversation', async ({
    client,
  }) => {
    const conversation_key = newId();
    const request = { query: 'one', conversation_key };
    const first = await client.launch(request);
    const second = await client.launch({ ...request, query: 'two' });
    expect(second).toMatchObject({ parent_session_id: first.id, waiting_for: 'parent' });
    expect(second.message).toBeUndefined();
    const listed = await all(client.list({ conversation_key }));
    expect(listed.map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  test('gets the message of a launch whose query was sent into a session', async ({ client }) => {
    const request = { query: 'one', conversation_key: newId(), on_busy: 'message' } as const;
    const { id } = await client.launch(request);
    const sent = await client.launch({ ...request, query: 'two' });
    expect(sent).toMatchObject({ id, message: { status: 'queued' } });
    const messages = await all(client.messages(id));
    expect(messages).toMatchObject([{ id: sent.message?.id, content: 'two' }]);
  });

  test('gets the verdict on each launch of a key', async ({ client }) => {
    const launch = { query: 'one', conversation_key: newId(), on_busy: 'message' } as const;
    const [one, two] = await client.launchMany([launch, launch]);
    if (!one || !('session' in one)) throw new Error('expected a session');
    expect(one.session.message).toBeUndefined();
    expect(two).toMatchObject({
      session: { id: one.session.id, message: { status: 'queued' } },
    });
  });
});
