import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  markPath,
  readMark,
  removeMark,
  writeMark,
} from '../../../../apps/worker/src/workspace/mark.ts';
import { newId } from '../../../../packages/core/src/internal.ts';

async function makeShadow(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, '.workspaces', newId());
}

describe('the mark of a workspace', () => {
  test('says who took the workspace last', async () => {
    const shadow = await makeShadow();
    const mark = { session_id: newId(), fence: 3, bytes: 10 };
    await writeMark(shadow, { session_id: newId(), fence: 2 });
    await writeMark(shadow, mark);
    expect(await readMark(shadow)).toEqual(mark);
    expect(await readdir(shadow)).toEqual(['mark.json']);
  });

  test('is none before the first attempt, and after it was removed', async () => {
    const shadow = await makeShadow();
    expect(await readMark(shadow)).toBeNull();
    await writeMark(shadow, { session_id: newId(), fence: 1 });
    await removeMark(shadow);
    expect(await readMark(shadow)).toBeNull();
  });

  test.each(['', '{', '[]', '{"session_id":"x","fence":1}', '{"fence":1}'])(
    'counts as none if its file holds %j',
    async (text) => {
      const shadow = await makeShadow();
      await mkdir(shadow, { recursive: true });
      await writeFile(markPath(shadow), text);
      expect(await readMark(shadow)).toBeNull();
    },
  );

  test.each(['a folder', 'a fifo', 'a link to a file'])(
    'counts as none if it is %s, and is written anew',
    async (kind) => {
      const shadow = await makeShadow();
      const mark = { session_id: newId(), fence: 1 };
      await writeMark(`${shadow}-other`, mark);
      await mkdir(kind === 'a folder' ? markPath(shadow) : shadow, { recursive: true });
      if (kind === 'a fifo') execFileSync('mkfifo', [markPath(shadow)]);
      if (kind === 'a link to a file') await symlink(markPath(`${shadow}-other`), markPath(shadow));
      expect(await readMark(shadow)).toBeNull();
      await writeMark(shadow, { ...mark, fence: 2 });
      expect(await readMark(shadow)).toEqual({ ...mark, fence: 2 });
      expect(await readMark(`${shadow}-other`)).toEqual(mark);
    },
  );
});
