import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureNothing, type Session } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import type { Api } from '../../../support/api.ts';
import type { Capturing } from '../../../support/capturing.ts';
import { makeChild, makeCompletedSession } from '../../../support/factories.ts';
import { snapshotTree } from '../../../support/tree-snapshot.ts';
import { store, storeCaptured, test, write } from './workspace-scene.ts';

interface Change {
  path: string;
  status: string;
  patch?: string;
}

interface Page {
  files: Change[];
  total: object;
  next_cursor?: string;
}

/** Stores a session that began with the files so far and ended with those that `change` leaves. */
async function storeChanged(api: Api, workspace: Capturing, change: () => void): Promise<Session> {
  const session = makeCompletedSession();
  const start = await workspace.capture(session);
  change();
  return store(api, session, await workspace.capture(session, start), start);
}

async function readDiff(api: Api, id: string, query = ''): Promise<string> {
  const answer = await api.app.inject({ url: `/v1/sessions/${id}/diff${query}` });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.body;
}

async function readPage(api: Api, id: string, query: string): Promise<Page> {
  return JSON.parse(await readDiff(api, id, query));
}

const LINES = Array.from({ length: 50 }, (_, n) => `line ${n}\n`).join('');

describe('GET /v1/sessions/:id/diff', () => {
  test('is what git apply needs to make the files at the start into those at the end', async ({
    api,
    workspace,
  }) => {
    const { tree } = workspace;
    const before = mkdtempSync(join(tmpdir(), 'baton-before-'));
    onTestFinished(() => rmSync(before, { recursive: true, force: true }));
    const files = {
      'edited.txt': LINES,
      'old name.txt': LINES.replaceAll('line', 'row'),
      'gone.txt': 'gone\n',
      'moved.txt': 'the same\n'.repeat(9),
      'new\nline.txt': 'a\n',
      'no-end.txt': 'no end',
      'sp ace/\xc3\xa9"q.txt': 'quoted\n',
      'to-link': 'text\n',
    };
    write(tree, files);
    write(before, files);
    const { id } = await storeChanged(api, workspace, () => {
      write(tree, {
        'edited.txt': LINES.replace('line 7', 'LINE 7'),
        'added/new.txt': 'diff --git a/0001 b/0001\n@@ -1 +1 @@\n--- a/x\n',
        'new\nline.txt': 'b\n',
        'no-end.txt': 'still no end',
        'sp ace/\xc3\xa9"q.txt': '--- a/quoted\n',
      });
      renameSync(join(tree, 'old name.txt'), join(tree, 'new name.txt'));
      write(tree, { 'new name.txt': LINES.replaceAll('line', 'row').replace('row 9', 'ROW 9') });
      mkdirSync(join(tree, 'd'));
      renameSync(join(tree, 'moved.txt'), join(tree, 'd/moved.txt'));
      rmSync(join(tree, 'gone.txt'));
      rmSync(join(tree, 'to-link'));
      symlinkSync('edited.txt', join(tree, 'to-link'));
    });
    const patch = await readDiff(api, id);
    execFileSync('git', ['apply', '--unsafe-paths', '-'], { cwd: before, input: patch });
    expect(await snapshotTree(before)).toEqual(await snapshotTree(tree));
    expect(patch).toContain('rename from old name.txt\nrename to new name.txt\n');
    expect(patch).toContain(
      'similarity index 100%\nrename from moved.txt\nrename to d/moved.txt\n',
    );
  });

  test('names binary files only, and leaves out git directories', async ({ api, workspace }) => {
    const { tree } = workspace;
    execFileSync('git', ['init', '-q', tree]);
    write(tree, { 'a.bin': Buffer.from([0, 1]) });
    const { id } = await storeChanged(api, workspace, () => {
      write(tree, { 'a.bin': Buffer.from([0, 2]), 'b.bin': Buffer.from([0]) });
      execFileSync('git', ['-C', tree, 'add', '-A']);
    });
    const text = await readDiff(api, id);
    expect(text).toContain('Binary files a/a.bin and b/a.bin differ\n');
    expect(text).toContain('Binary files /dev/null and b/b.bin differ\n');
    expect(text).not.toContain('.git/');
    expect(await readPage(api, id, '?format=stat')).toMatchObject({
      total: { files: 2, added: 0, removed: 0 },
      files: [
        { path: 'a.bin', status: 'modified', binary: true },
        { path: 'b.bin', status: 'added', binary: true },
      ],
    });
  });

  test('counts lines, and gives each file its patch as JSON', async ({ api, workspace }) => {
    write(workspace.tree, { 'a.txt': 'one\ntwo\n', 'b.txt': 'b\n' });
    const { id } = await storeChanged(api, workspace, () => {
      write(workspace.tree, { 'a.txt': 'one\n2\n3\n' });
      rmSync(join(workspace.tree, 'b.txt'));
    });
    expect(await readPage(api, id, '?format=json')).toEqual({
      captured_at: '2026-11-24T09:00:26.118Z',
      against: 'start',
      total: { files: 2, added: 2, removed: 2 },
      files: [
        {
          path: 'a.txt',
          status: 'modified',
          added: 2,
          removed: 1,
          patch: expect.stringMatching(
            /^diff --git a\/a.txt b\/a.txt\n[\s\S]*\n one\n-two\n\+2\n\+3\n$/,
          ),
        },
        { path: 'b.txt', status: 'deleted', added: 0, removed: 1, patch: expect.any(String) },
      ],
    });
    const stat = await readPage(api, id, '?format=stat&path=b.txt');
    expect(stat).toMatchObject({ total: { files: 1 }, files: [{ path: 'b.txt' }] });
    expect(stat.files[0]).not.toHaveProperty('patch');
  });

  test('pages by file, and each page has whole patches', async ({ api, workspace }) => {
    const names = Array.from({ length: 25 }, (_, n) => `f${String(n).padStart(2, '0')}.txt`);
    write(workspace.tree, { keep: 'x' });
    const { id } = await storeChanged(api, workspace, () =>
      write(workspace.tree, Object.fromEntries(names.map((name) => [name, `${name}\n`]))),
    );
    const whole = await readDiff(api, id);
    let pages = '';
    let cursor: unknown = '';
    while (cursor !== undefined) {
      const query = new URLSearchParams({ limit: '10' });
      if (cursor) query.set('cursor', String(cursor));
      const answer = await api.app.inject({ url: `/v1/sessions/${id}/diff?${query}` });
      expect(answer.body.match(/^diff --git /gm)?.length).toBeLessThanOrEqual(10);
      pages += answer.body;
      cursor = answer.headers['baton-next-cursor'];
    }
    expect(pages).toBe(whole);
    expect(whole.match(/^diff --git /gm)).toHaveLength(25);
  });

  test('leaves out the patch of a file that is too large, and ends a page that is too large', async ({
    api,
    workspace,
  }) => {
    const text = (kib: number) => `${'x'.repeat(1023)}\n`.repeat(kib);
    write(workspace.tree, { keep: 'x' });
    const { id } = await storeChanged(api, workspace, () => {
      write(workspace.tree, { 'a-large.txt': text(300), 'b-line.txt': 'y'.repeat(1024 * 1024) });
      for (let n = 0; n < 12; n += 1) write(workspace.tree, { [`c${n}.txt`]: text(200) });
    });
    const first = await readPage(api, id, '?format=json');
    expect(first.files.slice(0, 2)).toMatchObject([
      { path: 'a-large.txt', patch_too_large: true },
      { path: 'b-line.txt', patch_too_large: true },
    ]);
    expect(first.files.length).toBeLessThan(14);
    const second = await readPage(api, id, `?format=json&cursor=${first.next_cursor}`);
    expect([...first.files, ...second.files]).toHaveLength(14);
    expect(await readDiff(api, id)).toContain('# The patch of a-large.txt is left out');
  });

  test('compares a continue with its start, its parent’s end and the beginning of the conversation', async ({
    api,
    workspace,
  }) => {
    const { tree } = workspace;
    write(tree, { 'a.txt': '0\n' });
    const root = await storeChanged(api, workspace, () => write(tree, { 'a.txt': '1\n' }));
    const child = makeChild(root, { status: 'completed', end_time: new Date() });
    write(tree, { 'a.txt': '2\n' });
    await store(api, child, await workspace.capture(child, root.workspace?.capture));
    const changed = async (against: string) =>
      (await readDiff(api, child.id, `?against=${against}`)).match(/^[+-]\d$/gm);
    expect(await changed('start')).toEqual(['-1', '+2']);
    expect(await changed('parent')).toEqual(['-1', '+2']);
    expect(await changed('base')).toEqual(['-0', '+2']);
    const orphan = await api.app.inject({ url: `/v1/sessions/${root.id}/diff?against=parent` });
    expect(orphan.json().error).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'against' },
    });
  });

  test('shows every file as added if the session began with nothing', async ({
    api,
    workspace,
  }) => {
    write(workspace.tree, { 'a.txt': 'a\n' });
    const { id } = await storeCaptured(api, workspace);
    for (const against of ['start', 'base']) {
      expect(await readDiff(api, id, `?against=${against}`)).toContain(
        '--- /dev/null\n+++ b/a.txt',
      );
    }
    const session = makeCompletedSession();
    const nothing = captureNothing(new Date(), 1, []);
    await store(api, session, nothing, nothing);
    expect(await readDiff(api, session.id)).toBe('');
  });

  test('runs nothing that the files ask for', async ({ api, workspace }) => {
    const { tree } = workspace;
    const canary = join(tmpdir(), `baton-canary-${process.pid}`);
    const attributes = '* diff=evil filter=evil\n*.txt -diff\n';
    write(tree, { '.gitattributes': attributes, 'a.txt': 'a\n' });
    const { id } = await storeChanged(api, workspace, () =>
      write(tree, {
        'a.txt': 'b\n',
        '.gitconfig': `[diff "evil"]\ncommand = touch ${canary}\ntextconv = touch ${canary}\n`,
      }),
    );
    expect(await readDiff(api, id)).toContain('-a\n+b\n');
    expect(() => readFileSync(canary)).toThrow('ENOENT');
  });

  test('is text that cannot run in a browser', async ({ api, workspace }) => {
    write(workspace.tree, { '<script>.html': '<script>alert(1)</script>\n' });
    const { id } = await storeCaptured(api, workspace);
    const { headers } = await api.app.inject({ url: `/v1/sessions/${id}/diff` });
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'sandbox',
    });
  });
});
