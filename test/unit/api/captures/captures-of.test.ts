import type { Capture } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  captureBefore,
  captureOf,
  commitOf,
} from '../../../../apps/api/src/captures/captures-of.ts';
import { captureNothing } from '../../../../packages/core/src/model/session/nothing-captured.ts';
import { workspaceWith } from '../../../support/capturing.ts';
import { makeChild, makeCompletedSession } from '../../../support/factories.ts';

const [first, second, third] = ['a', 'b', 'c'].map(
  (letter): Capture => ({ ...captureNothing(new Date(), 1, []), commit: letter.repeat(40) }),
) as [Capture, Capture, Capture];

const root = makeCompletedSession({ workspace: workspaceWith(second, first) });
const child = makeChild(root, { workspace: workspaceWith(third) });

describe('the files with which a session is compared', () => {
  test('are those at its own start, if they were captured', () => {
    expect(captureBefore('start', { session: root, parent: null, root })).toBe(first);
  });

  test('are those at the end of its parent, if its own start was not captured', () => {
    expect(captureBefore('start', { session: child, parent: root, root })).toBe(second);
    expect(captureBefore('parent', { session: child, parent: root, root })).toBe(second);
  });

  test('are those of the root’s start for the base', () => {
    expect(captureBefore('base', { session: child, parent: null, root })).toBe(first);
  });

  test('are none for a new conversation without a captured start', () => {
    const fresh = makeCompletedSession({ workspace: workspaceWith(first) });
    for (const against of ['start', 'base'] as const) {
      expect(captureBefore(against, { session: fresh, parent: null, root: fresh })).toBe(null);
    }
  });

  test('are unknown if the parent has no capture', () => {
    const parent = makeCompletedSession();
    expect(() => captureBefore('start', { session: child, parent, root: null })).toThrow(
      expect.objectContaining({ code: 'WORKSPACE_NOT_CAPTURED' }),
    );
  });
});

test('a session without a capture is refused with the reason', () => {
  const workspace = { type: 'path', path: '/srv/baton/w', fence: 1, portable: false } as const;
  const session = makeCompletedSession({ workspace: { ...workspace, reason: 'path' } });
  expect(() => captureOf(session)).toThrow('it works in a directory that its caller named');
  expect(() => captureOf(makeCompletedSession())).toThrow('the session has not begun');
});

test('an empty workspace has no commit', () => {
  expect(commitOf(captureNothing(new Date(), 1, []))).toBe(null);
  expect(commitOf(null)).toBe(null);
  expect(commitOf(first)).toBe(first.commit);
});
