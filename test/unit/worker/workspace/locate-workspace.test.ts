import { describe, expect, test } from 'vitest';
import {
  type LocateDeps,
  locateWorkspace,
  workRootOf,
} from '../../../../apps/worker/src/workspace/locate-workspace.ts';
import {
  captureNothing,
  type Session,
  type Workspace,
} from '../../../../packages/core/src/internal.ts';
import { makeChild, makeCompletedSession, makeSession } from '../../../support/factories.ts';

const deps: LocateDeps = { workRoot: '/srv/baton', canCapture: true, claimHeir: async () => true };
const CAPTURE = captureNothing(new Date(0), 1, []);

function workspaceOf(session: Session, fields: Partial<Workspace> = {}): Workspace {
  const path = `/srv/baton/${session.root_session_id}`;
  return { type: 'managed', path, fence: 1, portable: true, capture: CAPTURE, ...fields };
}

function parentWith(fields: Partial<Workspace> = {}): Session {
  const parent = makeCompletedSession();
  return { ...parent, workspace: workspaceOf(parent, fields) };
}

describe('the workspace of a launch', () => {
  test('is the directory of its conversation, which nobody took before', async () => {
    const session = makeSession();
    expect(await locateWorkspace(session, undefined, deps)).toMatchObject({
      location: {
        path: `/srv/baton/${session.id}`,
        shadow: `/srv/baton/.workspaces/${session.id}`,
      },
      movedFrom: [],
      last: null,
      capture: undefined,
      isInherited: true,
    });
  });

  test('stays where it is for the next attempt', async () => {
    const session = makeSession();
    const taken = { ...session, workspace: workspaceOf(session, { fence: 3 }) };
    expect(await locateWorkspace(taken, undefined, deps)).toMatchObject({
      location: { path: `/srv/baton/${session.id}` },
      last: { session_id: session.id, fence: 3 },
      capture: CAPTURE,
      isPortable: true,
      isInherited: false,
    });
  });

  test('keeps its name and moves to this worker’s root if it lies under another root', async () => {
    const session = makeSession();
    const path = `/other/${session.id}`;
    const taken = { ...session, workspace: workspaceOf(session, { path }) };
    expect(await locateWorkspace(taken, undefined, deps)).toMatchObject({
      location: { path: `/srv/baton/${session.id}` },
      movedFrom: [path],
    });
  });

  test('is in doubt if a worker of an older version ran the session since', async () => {
    const session = makeSession();
    const attempts = [
      { attempt: 1, fence: 1, worker_id: 'new', host: 'a', started_at: new Date(), pid: 7 },
      { attempt: 2, fence: 2, worker_id: 'old', host: 'b', started_at: new Date(), pid: 8 },
      { attempt: 3, fence: 3, worker_id: 'new', host: 'a', started_at: new Date() },
    ];
    const taken = { ...session, attempts, workspace: workspaceOf(session) };
    expect(await locateWorkspace(taken, undefined, deps)).toMatchObject({
      last: { session_id: session.id, fence: 2 },
      isPortable: false,
    });
  });
});

describe('the workspace of a continue', () => {
  test('is its parent’s, if it is the first', async () => {
    const parent = parentWith();
    expect(await locateWorkspace(makeChild(parent), parent, deps)).toMatchObject({
      location: { path: parent.workspace?.path },
      movedFrom: [],
      last: { session_id: parent.id, fence: 1 },
      capture: CAPTURE,
      isInherited: true,
    });
  });

  test('is one of its own, if another continue works in the parent’s', async () => {
    const parent = parentWith();
    const child = makeChild(parent);
    const second = { ...deps, claimHeir: async () => false };
    expect(await locateWorkspace(child, parent, second)).toMatchObject({
      location: { path: `/srv/baton/${parent.id}.${child.id}` },
      movedFrom: [parent.workspace?.path],
      last: { session_id: parent.id, fence: 1 },
      capture: CAPTURE,
    });
  });

  test('is shared by all continues if this worker captures nothing', async () => {
    const parent = parentWith();
    const without = { ...deps, canCapture: false, claimHeir: async () => false };
    const { location } = await locateWorkspace(makeChild(parent), parent, without);
    expect(location.path).toBe(parent.workspace?.path);
  });

  test('is shared by all continues if the parent’s files were never captured', async () => {
    const { capture: _, ...workspace } = workspaceOf(makeCompletedSession());
    const parent = { ...makeCompletedSession(), workspace };
    const noHeir = { ...deps, claimHeir: async () => false };
    const { location } = await locateWorkspace(makeChild(parent), parent, noHeir);
    expect(location.path).toBe(workspace.path);
  });

  test('is the directory of its conversation if the parent has no workspace', async () => {
    const parent = makeCompletedSession();
    const found = await locateWorkspace(makeChild(parent), parent, deps);
    expect(found.location.path).toBe(`/srv/baton/${parent.id}`);
    expect(found.last).toBeNull();
  });
});

describe('the work root that a session’s files lie under', () => {
  test('is that of its own workspace, else that of its parent’s', () => {
    const parent = parentWith();
    const child = makeChild(parent);
    expect(workRootOf(child, parent)).toBe('/srv/baton');
    const elsewhere = workspaceOf(child, { path: `/other/${child.id}` });
    expect(workRootOf({ ...child, workspace: elsewhere }, parent)).toBe('/other');
  });

  test('is none for a new conversation and for a directory that the caller named', () => {
    expect(workRootOf(makeSession(), undefined)).toBeNull();
    const parent = parentWith({ type: 'path', path: '/srv/repo' });
    expect(workRootOf(makeChild(parent), parent)).toBeNull();
  });
});
