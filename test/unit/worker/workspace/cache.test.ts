import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCacheSweep } from '../../../../apps/worker/src/workspace/cache.ts';
import { locationOf } from '../../../../apps/worker/src/workspace/layout.ts';
import { markPath, writeMark } from '../../../../apps/worker/src/workspace/mark.ts';
import {
  captureNothing,
  createLogger,
  type Session,
  type Workspace,
} from '../../../../packages/core/src/internal.ts';
import { makeCompletedSession, makeSession } from '../../../support/factories.ts';

const BYTES = 100;
const log = createLogger('test', 'silent');

async function makeHost() {
  const workRoot = await mkdtemp(join(tmpdir(), 'baton-test-'));
  onTestFinished(() => rm(workRoot, { recursive: true }));
  const sessions = new Map<string, Session>();
  let used = 0;
  return {
    /** Runs one look at the cache, with room for this many workspaces. */
    sweep: (room: number) =>
      createCacheSweep({
        workRoot,
        maxBytes: room * BYTES * 2,
        sessions: { get: async (id) => sessions.get(id) ?? null },
        log,
      })(),
    /** Makes the workspace of a session. Later calls make workspaces that were used later. */
    async keep(session: Session, fields: Partial<Workspace> = {}, bytes = BYTES): Promise<string> {
      const { path, shadow } = locationOf(workRoot, session.id);
      const capture = captureNothing(new Date(), 1, []);
      const workspace: Workspace = { type: 'managed', path, fence: 1, portable: true, capture };
      sessions.set(session.id, { ...session, workspace: { ...workspace, ...fields } });
      await mkdir(path);
      await writeFile(join(path, 'file'), 'text');
      await writeMark(shadow, { session_id: session.id, fence: 1, bytes });
      used += 1;
      await utimes(markPath(shadow), used, used);
      return path;
    },
  };
}

describe('the workspaces of ended sessions on a host', () => {
  test('stay as long as they are within the bound', async () => {
    const host = await makeHost();
    const path = await host.keep(makeCompletedSession());
    expect(await host.sweep(1)).toBe(0);
    expect(existsSync(join(path, 'file'))).toBe(true);
  });

  test('are removed beyond the bound, the least recently used first', async () => {
    const host = await makeHost();
    const first = await host.keep(makeCompletedSession());
    const next = await host.keep(makeCompletedSession());
    const last = await host.keep(makeCompletedSession());
    expect(await host.sweep(1)).toBe(2);
    expect([first, next, last].map((path) => existsSync(path))).toEqual([false, false, true]);
    expect(await host.sweep(1)).toBe(0);
  });

  test.each<[string, Session, Partial<Workspace>]>([
    ['the session has not ended', makeSession(), {}],
    ['MongoDB does not hold the files', makeCompletedSession(), { portable: false }],
    ['another host took the workspace since', makeCompletedSession(), { fence: 2 }],
  ])('stay if %s', async (_title, session, fields) => {
    const host = await makeHost();
    const path = await host.keep(session, fields);
    expect(await host.sweep(0)).toBe(0);
    expect(existsSync(path)).toBe(true);
  });

  test('stay if MongoDB knows no such session', async () => {
    const host = await makeHost();
    const known = makeCompletedSession();
    const path = await host.keep(known);
    const { shadow } = locationOf(join(path, '..'), known.id);
    await writeMark(shadow, { session_id: makeSession().id, fence: 1, bytes: BYTES });
    expect(await host.sweep(0)).toBe(0);
    expect(existsSync(path)).toBe(true);
  });

  test('leave nothing behind if a removal or a restore died', async () => {
    const host = await makeHost();
    const kept = makeCompletedSession();
    const shadows = join(await host.keep(kept), '../.workspaces');
    const [dead, young] = [makeSession().id, makeSession().id];
    for (const name of [dead, young, `${dead}.evicted`]) {
      await mkdir(join(shadows, name, 'restore-1'), { recursive: true });
    }
    await utimes(join(shadows, dead), 1, 1);
    expect(await host.sweep(1)).toBe(0);
    expect((await readdir(shadows)).sort()).toEqual([kept.id, young].sort());
  });
});
