import { describe, expect, test } from 'vitest';
import { belongsElsewhere } from '../../../../apps/worker/src/sessions/belongs-elsewhere.ts';
import type { Session, Workspace } from '../../../../packages/core/src/internal.ts';
import { makeChild, makeCompletedSession, makeSession } from '../../../support/factories.ts';

const workspace: Workspace = { type: 'managed', path: '/other/x', fence: 1, portable: true };

function check(session: Session, liveRoots: readonly string[], parent?: Session): Promise<boolean> {
  return belongsElsewhere(session, {
    sessions: { get: async () => parent ?? null },
    presence: { hasRoot: async (root) => liveRoots.includes(root) },
    workRoot: '/srv/baton',
  });
}

describe('a session belongs to another worker', () => {
  test('if a live worker has its work root', async () => {
    expect(await check({ ...makeSession(), workspace }, ['/other'])).toBe(true);
  });

  test('if its parent’s files lie under the root of a live worker', async () => {
    const parent = { ...makeCompletedSession(), workspace };
    expect(await check(makeChild(parent), ['/other'], parent)).toBe(true);
  });
});

describe('a session may run here', () => {
  test('if no live worker has its work root', async () => {
    expect(await check({ ...makeSession(), workspace }, ['/third'])).toBe(false);
  });

  test('if it is a new conversation', async () => {
    expect(await check(makeSession(), ['/other'])).toBe(false);
  });

  test('if its files lie under this worker’s root', async () => {
    const own = { ...workspace, path: '/srv/baton/x' };
    expect(await check({ ...makeSession(), workspace: own }, ['/srv/baton', '/other'])).toBe(false);
  });

  test('if its caller named a directory for a continue of a managed workspace', async () => {
    const parent = { ...makeCompletedSession(), workspace };
    const child = makeChild(parent);
    const config = { ...child.config, working_dir: '/srv/repo' };
    expect(await check({ ...child, config }, ['/other'], parent)).toBe(false);
  });

  test('if its caller named the directory', async () => {
    const named: Workspace = { ...workspace, type: 'path', portable: false, reason: 'path' };
    expect(await check({ ...makeSession(), workspace: named }, ['/other'])).toBe(false);
  });
});
