import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { captureNothing } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { workspaceWith } from '../../../support/capturing.ts';
import { makeCompletedSession, makeSession } from '../../../support/factories.ts';
import { storeCaptured, test, write, writeEveryKind } from './workspace-scene.ts';

interface Page {
  files: { path: string; path_encoded?: string }[];
  left_out?: object[];
  next_cursor?: string;
}

describe('GET /v1/sessions/:id/files', () => {
  test('lists files, directories and symlinks with their sizes and modes, without git directories', async ({
    api,
    workspace,
  }) => {
    writeEveryKind(workspace.tree);
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/files` });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).toEqual({
      captured_at: '2026-11-24T09:00:26.118Z',
      files: [
        { path: 'a.txt', type: 'file', size: 4, mode: '0644' },
        { path: 'empty', type: 'directory', mode: '0755' },
        { path: 'empty/inner', type: 'directory', mode: '0755' },
        { path: 'repo', type: 'directory', mode: '0755' },
        { path: 'repo/.gitignore', type: 'file', size: 6, mode: '0644' },
        { path: 'repo/x.txt', type: 'file', size: 2, mode: '0644' },
        { path: 'src', type: 'directory', mode: '0755' },
        { path: 'src/data.bin', type: 'file', size: 2, mode: '0644' },
        { path: 'src/link', type: 'symlink', size: 8, target: '../a.txt' },
        { path: 'src/run.sh', type: 'file', size: 10, mode: '0755' },
      ],
      left_out: expect.arrayContaining([{ path: 'repo/left', reason: 'ignored' }]),
      left_out_total: expect.any(Number),
    });
  });

  test('lists git directories if they are asked for', async ({ api, workspace }) => {
    writeEveryKind(workspace.tree);
    const { id } = await storeCaptured(api, workspace);
    const page: Page = (
      await api.app.inject({ url: `/v1/sessions/${id}/files?git=true&path=repo` })
    ).json();
    const paths = page.files.map(({ path }) => path);
    expect(paths).toContain('repo/.git/HEAD');
    expect(paths).toContain('repo/x.txt');
    expect(paths).not.toContain('a.txt');
  });

  test('pages through 10,000 files, each once, in order', async ({ api, workspace }) => {
    const names = Array.from({ length: 10_000 }, (_, n) => `d${n % 7}/f${n}.txt`);
    write(workspace.tree, Object.fromEntries(names.map((name) => [name, name])));
    const { id } = await storeCaptured(api, workspace);
    const paths: string[] = [];
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ limit: '4000' });
      if (cursor !== undefined) query.set('cursor', cursor);
      const answer = await api.app.inject({ url: `/v1/sessions/${id}/files?${query}` });
      const page: Page = answer.json();
      expect('left_out' in page).toBe(cursor === undefined);
      paths.push(...page.files.map(({ path }) => path));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    expect(paths).toHaveLength(10_007);
    expect(paths).toEqual([...new Set(paths)]);
    expect(paths.filter((path) => path.includes('/')).sort()).toEqual(names.sort());
  });

  test('shows names with any characters, and encodes those that are not UTF-8', async ({
    api,
    workspace,
  }) => {
    const names = [
      '<script>alert(1)<',
      'a"b',
      'new\nline',
      'tone\x07',
      '\xff\xfe',
      '%41',
      'h\xc3\xa9',
    ];
    write(workspace.tree, Object.fromEntries(names.map((name) => [name, 'x'])));
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/files` });
    const page: Page = answer.json();
    expect(page.files.map(({ path }) => path).sort()).toEqual(
      ['<script>alert(1)<', 'a"b', 'new\nline', 'tone\x07', '\ufffd\ufffd', '%41', 'hé'].sort(),
    );
    expect(page.files.find(({ path_encoded: encoded }) => encoded)).toMatchObject({
      path_encoded: '%FF%FE',
    });
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  test('shows the newest capture of a running session, and that it is torn', async ({
    api,
    workspace,
  }) => {
    write(workspace.tree, { 'a.txt': 'one' });
    const session = makeSession({ status: 'running' });
    const capture = await workspace.capture(session, undefined, { torn: true });
    await api.stores.sessions.insertIfAbsent({ ...session, workspace: workspaceWith(capture) });
    const answer = await api.app.inject({ url: `/v1/sessions/${session.id}/files` });
    expect(answer.json()).toMatchObject({ torn: true, files: [{ path: 'a.txt' }] });
  });

  test('is an empty list for an empty workspace', async ({ api, workspace }) => {
    const nothing = captureNothing(new Date(), 1, []);
    const fresh = makeCompletedSession({ workspace: workspaceWith(nothing) });
    await api.stores.sessions.insertIfAbsent(fresh);
    const emptied = await storeCaptured(api, workspace);
    for (const { id } of [fresh, emptied]) {
      const answer = await api.app.inject({ url: `/v1/sessions/${id}/files` });
      expect(answer.statusCode, answer.body).toBe(200);
      expect(answer.json()).toMatchObject({ files: [], left_out: [], left_out_total: 0 });
    }
  });

  test.for([
    [undefined, 'not_begun'],
    [{ type: 'path', reason: 'path' }, 'path'],
    [{ reason: 'capture_off' }, 'capture_off'],
    [{}, 'not_captured'],
  ] as const)('answers 404 with the reason for %j', async ([fields, reason], { api }) => {
    const workspace = { type: 'managed', path: '/srv/baton/w', fence: 1, portable: false } as const;
    const session = makeCompletedSession(fields ? { workspace: { ...workspace, ...fields } } : {});
    await api.stores.sessions.insertIfAbsent(session);
    for (const path of ['files', 'files/a.txt', 'diff', 'workspace.tar.gz']) {
      const answer = await api.app.inject({ url: `/v1/sessions/${session.id}/${path}` });
      expect(answer.statusCode).toBe(404);
      expect(answer.json().error).toMatchObject({
        code: 'WORKSPACE_NOT_CAPTURED',
        details: { reason },
      });
    }
  });

  test('refuses a cursor of another session', async ({ api, workspace }) => {
    write(workspace.tree, { a: '1', b: '2' });
    const first = await storeCaptured(api, workspace);
    const page: Page = (
      await api.app.inject({ url: `/v1/sessions/${first.id}/files?limit=1` })
    ).json();
    const second = await storeCaptured(api, workspace);
    const url = `/v1/sessions/${second.id}/files?cursor=${page.next_cursor}`;
    expect((await api.app.inject({ url })).json().error).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'cursor' },
    });
  });

  test('never follows a symlink to a directory', async ({ api, workspace }) => {
    symlinkSync('/etc', join(workspace.tree, 'etc'));
    const { id } = await storeCaptured(api, workspace);
    const answer = await api.app.inject({ url: `/v1/sessions/${id}/files` });
    expect(answer.json().files).toEqual([
      { path: 'etc', type: 'symlink', size: 4, target: '/etc' },
    ]);
    const through = await api.app.inject({ url: `/v1/sessions/${id}/files/etc/passwd` });
    expect(through.json().error.code).toBe('WORKSPACE_FILE_NOT_FOUND');
  });
});
