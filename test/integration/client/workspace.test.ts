// The client takes files out of a session's workspace.
import { gunzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { openCaptureEngine } from '../../support/captured-files.ts';
import { openCapturing } from '../../support/capturing.ts';
import { makeCompletedSession } from '../../support/factories.ts';
import { store, write } from '../api/routes/workspace-scene.ts';
import { all, test as base } from './clients.ts';

const test = base.extend<{ $file: { captured: string } }>({
  captured: [
    async ({ api }, use) => {
      const engine = openCaptureEngine();
      const workspace = await openCapturing(api.stores.captures, engine);
      const session = makeCompletedSession();
      write(workspace.tree, { 'a.txt': 'one\n', '100%/b c.txt': 'two\n', '\xff': 'three\n' });
      const start = await workspace.capture(session);
      write(workspace.tree, { 'a.txt': '1\n', '100%/b c.txt': '2\n' });
      await store(api, session, await workspace.capture(session, start), start);
      await use(session.id);
      await workspace.close();
      await engine.close();
    },
    { scope: 'file' },
  ],
});

describe('the handle of a session', () => {
  test('lists files, and downloads each', async ({ client, captured }) => {
    const session = client.session(captured);
    const files = await all(session.files({ limit: 2 }));
    expect(files.map(({ path }) => path)).toEqual(['100%', '100%/b c.txt', 'a.txt', '\ufffd']);
    const texts: string[] = [];
    for (const file of files) {
      if (file.type === 'file') texts.push(await (await session.file(file)).text());
    }
    expect(texts).toEqual(['2\n', '1\n', 'three\n']);
    expect(await all(session.files({ path: '100%' }))).toHaveLength(2);
    const part = await session.file('a.txt', { range: 'bytes=0-0' });
    expect([part.status, await part.text()]).toEqual([206, '1']);
  });

  test('shows what changed, file by file and as one text', async ({ client, captured }) => {
    const session = client.session(captured);
    expect(await all(session.diff({ limit: 1 }))).toMatchObject([
      { path: '100%/b c.txt', added: 1, removed: 1, patch: expect.stringContaining('+2') },
      { path: 'a.txt', patch: expect.stringContaining('+1') },
    ]);
    const [stat] = await all(session.diff({ format: 'stat', path: 'a.txt' }));
    expect(stat).toEqual({ path: 'a.txt', status: 'modified', added: 1, removed: 1 });
    const text = await session.patch({ against: 'start' });
    expect(text.match(/^diff --git /gm)).toHaveLength(2);
    expect((await session.patch({ against: 'base', path: 'a.txt' })).match(/^\+1$/m)).not.toBe(
      null,
    );
  });

  test('downloads an archive', async ({ client, captured }) => {
    const archive = await client.session(captured).archive();
    expect(archive.headers.get('content-type')).toBe('application/gzip');
    const tar = gunzipSync(Buffer.from(await archive.arrayBuffer()));
    expect(tar.toString('latin1')).toContain('100%/b c.txt');
  });

  test('throws the error of the API, and refuses paths that lead elsewhere', async ({
    client,
    captured,
  }) => {
    const session = client.session(captured);
    await expect(session.file('nothing')).rejects.toMatchObject({
      code: 'WORKSPACE_FILE_NOT_FOUND',
      status: 404,
    });
    for (const path of ['../../usage', 'a//b', '', './a']) {
      await expect(session.file(path)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });

  test('stops a download when its signal is aborted', async ({ client, captured }) => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const given = client.session(captured).archive({ signal: stop.signal });
    await expect(given).rejects.toThrow('enough');
  });
});
