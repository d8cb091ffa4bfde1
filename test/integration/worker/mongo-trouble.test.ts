import type { Document } from 'mongodb';
import { expect, onTestFinished, vi } from 'vitest';
import { test } from '../../support/fleet.ts';
import { createMongoProxy } from '../../support/mongo-proxy.ts';

vi.setConfig({ testTimeout: 120_000 });

const asks = (name: string, collection: string) => (command: Document) =>
  command[name] === collection;

test.for([
  ['a code that the driver retries', { ok: 0, errmsg: 'not yet', code: 134 }],
  [
    'an error label',
    { ok: 0, errmsg: 'busy', code: 8_000, errorLabels: ['SystemOverloadedError'] },
  ],
] as [string, Document][])(
  'a session completes if MongoDB refuses reads during its preparation with %s',
  async ([, reply], { fleet }) => {
    const one = fleet.sibling(onTestFinished);
    const proxy = await createMongoProxy(one.env['MONGODB_URL'] ?? '');
    onTestFinished(() => proxy.close());
    await one.worker({ MONGODB_URL: proxy.url });
    const parent = await one.launch({ query: 'hello' });
    expect((await one.ended(parent)).status).toBe('completed');
    proxy.answer(asks('find', 'transcripts'), reply, 4);

    const child = await one.continue(parent, { query: 'again' });

    const session = await one.ended(child);
    expect(session.failure).toBeUndefined();
    expect(session.status).toBe('completed');
    expect(proxy.answered).toBe(4);
  },
);
