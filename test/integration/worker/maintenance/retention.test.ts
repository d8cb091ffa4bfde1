import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createSessionDeletion, newId, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import {
  createWorkDirSweep,
  makeWorkDir,
  SHADOWS,
} from '../../../../apps/worker/src/host/work-dirs.ts';
import { createRetention } from '../../../../apps/worker/src/maintenance/retention.ts';
import { makeChild, makeCompletedSession, makeSession } from '../../../support/factories.ts';
import { test as base } from '../../../support/services.ts';
import { openStores } from '../../../support/stores.ts';

const DAY_MS = 24 * 3600 * 1000;

const queue = { findAny: async () => null, drop: async () => {}, sendControl: async () => {} };
const log = createLogger('worker', 'info', { write: () => {} });

const test = base.extend<{ $file: { world: Awaited<ReturnType<typeof openWorld>> } }>({
  world: [
    async ({ db }, use) => {
      const world = await openWorld(db);
      await use(world);
      await rm(world.workRoot, { recursive: true });
    },
    { scope: 'file' },
  ],
});

async function openWorld(db: Parameters<typeof openStores>[0]) {
  const stores = openStores(db);
  const { sessions, tree, tombstones, clock } = stores;
  const deletion = createSessionDeletion({ stores, clock, queue, requests: stores.stopRequests });
  const workRoot = await mkdtemp(join(tmpdir(), 'baton-test-'));
  return {
    workRoot,
    deletion,
    sessions,
    retention: (days?: number) => createRetention({ deletion, tree, clock, days, log }),
    sweep: createWorkDirSweep({
      workRoot,
      clock,
      log,
      tombstones,
      isKept: async (rootId) => (await tree.newest(rootId)).length > 0,
    }),
    /** Stores a root session that ended this many days ago. */
    keep: (days: number, fields: Partial<Session> = {}) =>
      sessions.insertIfAbsent(
        makeCompletedSession({ end_time: new Date(Date.now() - days * DAY_MS), ...fields }),
      ),
    left: async (...kept: Session[]) =>
      (await sessions.getMany(kept.map(({ id }) => id))).map(({ id }) => id),
  };
}

describe('retention', () => {
  test('deletes conversations that ended long enough ago, and nothing else', async ({ world }) => {
    const old = await world.keep(8);
    const young = await world.keep(6);
    const live = await world.sessions.insertIfAbsent(
      makeSession({ created_at: new Date(Date.now() - 30 * DAY_MS) }),
    );

    await world.retention(7)();

    expect(await world.left(old, young, live)).toEqual([young.id, live.id]);
  });

  test('is off without a setting', async ({ world }) => {
    const old = await world.keep(3_000);
    await world.retention()();
    expect(await world.left(old)).toEqual([old.id]);
  });

  test('finds old conversations behind many old sessions of a conversation that has not ended', async ({
    world,
  }) => {
    const going = await world.keep(60);
    await world.sessions.insertIfAbsent(makeChild(going));
    const more = Array.from({ length: 120 }, (_, index) =>
      makeChild(going, {
        status: 'completed',
        end_time: new Date(Date.now() - 59 * DAY_MS + index),
      }),
    );
    await world.sessions.insertManyIfAbsent(more);
    const behind = await world.keep(40);
    const round = world.retention(30);

    await round();
    await round();

    expect(await world.left(going, behind)).toEqual([going.id]);
  });
});

describe('the work directory of a conversation', () => {
  const isThere = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );

  test('is removed after its conversation is deleted, and not before', async ({ world }) => {
    const root = await world.keep(1);
    const own = await makeWorkDir(world.workRoot, root.id);
    await mkdir(join(own, 'deep'));
    await writeFile(join(own, 'deep', 'file'), 'x');
    expect(await world.sweep()).toBe(0);

    await world.deletion.deleteConversation(root.id);

    expect(await world.sweep()).toBe(1);
    expect(await isThere(own)).toBe(false);
  });

  test('is removed with the directories of its branches and their shadow folders', async ({
    world,
  }) => {
    const root = await world.keep(1);
    const branch = `${root.id}.${newId()}`;
    const own = [
      await makeWorkDir(world.workRoot, root.id),
      await makeWorkDir(world.workRoot, branch),
    ];
    const shadows = [root.id, branch].map((name) => join(world.workRoot, SHADOWS, name));
    for (const shadow of shadows) await mkdir(shadow, { recursive: true });
    await world.deletion.deleteConversation(root.id);

    expect(await world.sweep()).toBe(2);
    for (const path of [...own, ...shadows]) expect(await isThere(path)).toBe(false);
  });

  test('loses its shadow folder even if Baton did not make the directory', async ({ world }) => {
    const root = await world.keep(1);
    const own = join(world.workRoot, root.id);
    const shadow = join(world.workRoot, SHADOWS, root.id);
    await mkdir(own);
    await mkdir(shadow, { recursive: true });
    await world.deletion.deleteConversation(root.id);

    expect(await world.sweep()).toBe(0);
    expect(await isThere(own)).toBe(true);
    expect(await isThere(shadow)).toBe(false);
  });

  test('stays if Baton did not make it, even if its name matches', async ({ world }) => {
    const root = await world.keep(1);
    const own = join(world.workRoot, root.id);
    await mkdir(own);
    expect(await makeWorkDir(world.workRoot, root.id)).toBe(own);
    await world.deletion.deleteConversation(root.id);

    expect(await world.sweep()).toBe(0);
    expect(await isThere(own)).toBe(true);
  });

  test('stays if the database does not know its conversation', async ({ world }) => {
    const own = await makeWorkDir(world.workRoot, newId());
    await world.sweep();
    expect(await isThere(own)).toBe(true);
  });

  test('stays if a new session has the same id', async ({ world }) => {
    const root = await world.keep(1);
    const own = await makeWorkDir(world.workRoot, root.id);
    await world.deletion.deleteConversation(root.id);
    const later = new Date(Date.now() + 60_000);
    await world.sessions.insertIfAbsent(makeSession({ id: root.id, created_at: later }));

    expect(await world.sweep()).toBe(0);
    expect(await isThere(own)).toBe(true);
  });

  test('is removed without the symlink’s target if a session replaced it by a symlink', async ({
    world,
  }) => {
    const elsewhere = join(world.workRoot, 'elsewhere');
    await mkdir(elsewhere);
    const root = await world.keep(1);
    const own = await makeWorkDir(world.workRoot, root.id);
    await rm(own, { recursive: true });
    await symlink(elsewhere, own);
    await world.deletion.deleteConversation(root.id);

    expect(await world.sweep()).toBe(1);
    expect(await isThere(elsewhere)).toBe(true);
  });
});
