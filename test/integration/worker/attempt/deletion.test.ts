// A session runs on a worker before it is deleted, so it leaves data in both stores and on the host.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, vi } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { openGitFleet, useGitScene } from './push-scene.ts';
import { createHalt } from './workspace-scene.ts';

const scene = useGitScene();

// What says nothing about a deleted conversation, or must outlive it.
const KEPT = new Set(['duties', 'files.chunks', 'files.files', 'tombstones', 'workers']);

/** Returns the collections that hold documents, except those that a deletion keeps. */
async function collectionsLeft({ db }: Fleet): Promise<string[]> {
  const left: string[] = [];
  for (const { name } of await db.listCollections().toArray()) {
    if (KEPT.has(name)) continue;
    if ((await db.collection(name).countDocuments()) > 0) left.push(name);
  }
  return left.sort();
}

async function upload({ baton }: Fleet, text: string): Promise<string> {
  const pieces = Readable.from([Buffer.from(text)]);
  return (await baton.stores.files.put({ tenant: 'default', pieces, maxBytes: 1_000 })).id;
}

const document = (file_id: string) => ({
  type: 'document' as const,
  source: { type: 'file' as const, file_id },
});
const said = (text: string) => ({ type: 'text' as const, text });

test('a deleted conversation leaves nothing in the stores, and no directory on a worker', async ({
  fleet,
}) => {
  const worker = await fleet.worker();
  const id = await fleet.play([{ say: 'hello' }]);
  expect(await fleet.ended(id)).toMatchObject({ status: 'completed' });
  const own = join(fleet.env['WORK_ROOT'] ?? '', id);
  await access(own);
  await worker.stop();

  const { deletion, queue } = fleet.baton;
  expect(await queue.findAny(id)).not.toBeNull();
  expect(await deletion.deleteConversation(id)).toBe('gone');
  expect(await queue.findAny(id)).toBeNull();
  expect(await collectionsLeft(fleet)).toEqual([]);
  await fleet.worker();
  await vi.waitFor(() => expect(access(own)).rejects.toThrow(), { timeout: 10_000 });
});

test('a deleted conversation with a repository, files, content, messages and a key leaves only files that expire', async ({
  fleet,
}) => {
  const own = openGitFleet(fleet, scene);
  const worker = await own.worker(own.settings);
  const { manager, messages, deletion, stores } = own.baton;
  const halt = createHalt(own);
  const steps = [...own.change('b'), ...halt.steps, { say: 'Done.' }];
  const conversation_key = 'shop/pull/7';
  const files = await Promise.all(['put', 'shown', 'sent'].map((text) => upload(own, text)));
  const [put = '', shown = '', sent = ''] = files;
  const { session } = await manager.acceptance.launch(
    {
      content: [said(fakePrompt(steps)), document(shown)],
      files: [{ file_id: put, path: 'in/put.txt' }],
      recovery: { max_retries: 0 },
      ...scene.from({ setup: ['echo from setup'] }),
    },
    { conversation_key },
  );
  await halt.systemNotes();
  await messages.sendMessage(session.id, { content: [said('look'), document(sent)] });
  await halt.release();
  expect(await own.ended(session.id)).toMatchObject({ status: 'completed' });
  const query = fakePrompt([...own.change('c'), { say: 'Again.' }]);
  const next = await manager.acceptance.launch({ query }, { conversation_key });
  const child = await own.ended(next.session.id);
  expect(child).toMatchObject({ status: 'completed', root_session_id: session.id });
  await worker.stop();

  expect(await collectionsLeft(own)).toEqual(
    expect.arrayContaining(['captures', 'conversation_keys', 'events', 'file_pins', 'messages']),
  );
  expect(await deletion.deleteConversation(child.id)).toBe('gone');
  expect(await collectionsLeft(own)).toEqual([]);
  for (const id of files) {
    expect(await stores.files.get(id)).toMatchObject({ expires_at: expect.any(Date) });
  }
});
