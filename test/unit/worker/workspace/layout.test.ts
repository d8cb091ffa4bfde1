import { describe, expect, test } from 'vitest';
import {
  branchName,
  locationOf,
  rootName,
  rootOfName,
  splitPath,
} from '../../../../apps/worker/src/workspace/layout.ts';

const ROOT = '01890000-0000-7000-8000-000000000001';
const SESSION = '01890000-0000-7000-8000-000000000002';

describe('the name of a workspace', () => {
  test('is the root id for a conversation, and names both ids for a branch', () => {
    expect(rootName(ROOT)).toBe(ROOT);
    expect(branchName(ROOT, SESSION)).toBe(`${ROOT}.${SESSION}`);
  });

  test('leads back to the root session', () => {
    expect(rootOfName(rootName(ROOT))).toBe(ROOT);
    expect(rootOfName(branchName(ROOT, SESSION))).toBe(ROOT);
  });

  test.each([
    '',
    'notes',
    `${ROOT}.`,
    `.${ROOT}`,
    `${ROOT}.x`,
    `${ROOT}.${SESSION}.${SESSION}`,
    `../${ROOT}`,
  ])('is not %j', (name) => {
    expect(rootOfName(name)).toBeNull();
  });
});

test('a path splits into the work root and the name that it was made of', () => {
  const { path } = locationOf('/srv/baton', rootName(ROOT));
  expect(splitPath(path)).toEqual({ workRoot: '/srv/baton', name: ROOT });
});
