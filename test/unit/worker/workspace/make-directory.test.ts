import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  CaptureCorruptError,
  type CaptureEngine,
} from '../../../../apps/worker/src/capture/capture-engine.ts';
import {
  locationOf,
  type WorkspaceLocation,
} from '../../../../apps/worker/src/workspace/layout.ts';
import {
  fillDirectory,
  makeDirectory,
  restoreDirectory,
} from '../../../../apps/worker/src/workspace/make-directory.ts';
import { readMark, writeMark } from '../../../../apps/worker/src/workspace/mark.ts';
import { type Capture, captureNothing, newId } from '../../../../packages/core/src/internal.ts';

async function makeRoot(): Promise<{ workRoot: string; location: WorkspaceLocation }> {
  const workRoot = await realpath(await mkdtemp(join(tmpdir(), 'baton-test-')));
  onTestFinished(() => rmSync(workRoot, { recursive: true }));
  return { workRoot, location: locationOf(workRoot, newId()) };
}

const NOTHING = captureNothing(new Date(), 1, []);
const SOMETHING: Capture = { ...NOTHING, commit: 'a'.repeat(40) };

/** An engine that holds every commit, and restores one file. */
function engineOf(beforeRestore: () => Promise<void> = async () => {}): CaptureEngine {
  return {
    has: async () => true,
    async restore({ target }: { target: string }) {
      await beforeRestore();
      mkdirSync(target);
      writeFileSync(join(target, 'restored'), '1');
      return { files: 1, bytes: 1 };
    },
  } as unknown as CaptureEngine;
}

const captures = { read: () => Promise.reject(new Error('no packs')) } as never;

describe('a workspace directory that is made', () => {
  test.each(['a link', 'a file'])('replaces %s that an agent put at its path', async (kind) => {
    const { workRoot, location } = await makeRoot();
    const elsewhere = join(workRoot, 'elsewhere');
    mkdirSync(elsewhere);
    if (kind === 'a link') symlinkSync(elsewhere, location.path);
    else writeFileSync(location.path, '');
    expect(await makeDirectory(workRoot, location)).toBe(location.path);
    expect(existsSync(elsewhere)).toBe(true);
  });
});

describe('a workspace directory that is filled', () => {
  test('has all its files at once, and stays as it was if the filling fails or dies', async () => {
    const { workRoot, location } = await makeRoot();
    mkdirSync(location.path);
    writeFileSync(join(location.path, 'old'), '');
    const directory = { workRoot, location, fence: 1 };
    const failing = fillDirectory(directory, async (target) => {
      mkdirSync(target);
      writeFileSync(join(target, 'half'), '');
      throw new Error('broken off');
    });
    await expect(failing).rejects.toThrow('broken off');
    expect(readdirSync(location.path)).toEqual(['old']);
    // A process that died leaves its folder, and the next attempt removes it.
    mkdirSync(join(location.shadow, 'restore-1'));
    await fillDirectory({ ...directory, fence: 2 }, async (target) => {
      expect(readdirSync(location.path)).toEqual(['old']);
      mkdirSync(target);
      writeFileSync(join(target, 'new'), '');
    });
    expect(readdirSync(location.path)).toEqual(['new']);
    expect(readdirSync(location.shadow)).toEqual([]);
  });
});

describe('a workspace directory that is restored', () => {
  test('replaces the directory before it, and leaves nothing of earlier restores', async () => {
    const { workRoot, location } = await makeRoot();
    const { path, shadow } = location;
    for (const folder of [path, join(shadow, 'restore-3'), join(shadow, 'replaced-2')]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'old'), '');
    }
    writeFileSync(join(shadow, 'incoming-0.pack'), '');
    const wanted = { workRoot, location, capture: SOMETHING, fence: 5 };
    expect(await restoreDirectory({ captures, engine: engineOf() }, wanted)).toBe(path);
    expect(readdirSync(path)).toEqual(['restored']);
    expect(readdirSync(shadow)).toEqual([]);
  });

  test('is restored from MongoDB alone if the repository on this host is damaged', async () => {
    const { workRoot, location } = await makeRoot();
    const repository = join(location.shadow, 'git');
    mkdirSync(repository, { recursive: true });
    const engine = engineOf(async () => {
      if (existsSync(repository)) throw new CaptureCorruptError('an object is missing');
    });
    const wanted = { workRoot, location, capture: SOMETHING, fence: 5 };
    await restoreDirectory({ captures, engine }, wanted);
    expect(readdirSync(location.path)).toEqual(['restored']);
  });

  test('fails with WORKSPACE_CORRUPT if MongoDB’s packs are damaged too', async () => {
    const { workRoot, location } = await makeRoot();
    const engine = engineOf(() => Promise.reject(new CaptureCorruptError('an object is missing')));
    const wanted = { workRoot, location, capture: SOMETHING, fence: 5 };
    await expect(restoreDirectory({ captures, engine }, wanted)).rejects.toMatchObject({
      code: 'WORKSPACE_CORRUPT',
    });
    expect(readdirSync(location.shadow)).toEqual([]);
  });

  test('is left alone if a later attempt of the session took it in the meantime', async () => {
    const { workRoot, location } = await makeRoot();
    const { path, shadow } = location;
    const mark = { session_id: newId(), fence: 6 };
    const engine = engineOf(async () => {
      mkdirSync(path);
      writeFileSync(join(path, 'newer'), '');
      await writeMark(shadow, mark);
    });
    const wanted = { workRoot, location, capture: SOMETHING, fence: 5 };
    await expect(restoreDirectory({ captures, engine }, wanted)).rejects.toMatchObject({
      code: 'FENCE_LOST',
    });
    expect(readdirSync(path)).toEqual(['newer']);
    expect(await readMark(shadow)).toEqual(mark);
    expect(readdirSync(shadow)).toEqual(['mark.json']);
  });

  test.each(['a file', 'a link'])('needs no shadow folder if %s has its path', async (kind) => {
    const { workRoot, location } = await makeRoot();
    mkdirSync(join(workRoot, '.workspaces'));
    if (kind === 'a file') writeFileSync(location.shadow, '');
    else symlinkSync('/nonexistent', location.shadow);
    const wanted = { workRoot, location, capture: NOTHING, fence: 1 };
    expect(await restoreDirectory({ captures, engine: engineOf() }, wanted)).toBe(location.path);
    expect(readdirSync(location.path)).toEqual([]);
  });
});
