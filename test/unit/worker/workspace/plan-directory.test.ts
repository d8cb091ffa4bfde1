import { describe, expect, test } from 'vitest';
import {
  type DirectoryFacts,
  planDirectory,
} from '../../../../apps/worker/src/workspace/plan-directory.ts';

const OWN = '01890000-0000-7000-8000-000000000001';
const PARENT = '01890000-0000-7000-8000-000000000002';

const facts: DirectoryFacts = {
  sessionId: OWN,
  last: { session_id: OWN, fence: 3 },
  exists: true,
  mark: { session_id: OWN, fence: 3 },
  isCaptured: true,
  isPortable: true,
  hasRepository: false,
  hasRun: true,
};
const fromParent = { last: { session_id: PARENT, fence: 3 } };

describe('the directory of an attempt', () => {
  test.each<[string, Partial<DirectoryFacts>, string, boolean]>([
    ['is used as it is if its mark names the last claim', {}, 'use', false],
    [
      'is used if only the attempt after it had marked it',
      { mark: { session_id: OWN, fence: 4 } },
      'use',
      false,
    ],
    [
      'is restored if another host worked on the files since',
      { mark: { session_id: OWN, fence: 2 } },
      'restore',
      false,
    ],
    ['is restored if it is not on this host', { exists: false, mark: null }, 'restore', false],
    ['is restored if only its mark is on this host', { exists: false }, 'restore', false],
    ['is restored if it has no mark', { mark: null }, 'restore', false],
    [
      "is the parent's if the mark names the parent's last claim",
      { ...fromParent, mark: { session_id: PARENT, fence: 3 } },
      'use',
      false,
    ],
    [
      "is the parent's if the session itself marked it and then died",
      { ...fromParent, mark: { session_id: OWN, fence: 1 } },
      'use',
      false,
    ],
    [
      "is restored if the parent's directory is stale",
      { ...fromParent, mark: { session_id: PARENT, fence: 2 } },
      'restore',
      false,
    ],
    [
      'is restored with a doubt if the newest capture is incomplete',
      { mark: null, isPortable: false },
      'restore',
      true,
    ],
    [
      'is used with a doubt if it is stale and nothing was captured',
      { mark: null, isCaptured: false },
      'use',
      true,
    ],
    [
      'is made with a doubt if it is gone and nothing was captured',
      { exists: false, mark: null, isCaptured: false },
      'make',
      true,
    ],
    [
      'is adopted if an older version of Baton made it',
      { last: null, mark: null, isCaptured: false },
      'use',
      false,
    ],
    [
      'is made for a new conversation',
      { last: null, exists: false, mark: null, isCaptured: false },
      'make',
      true,
    ],
    [
      'is cloned for a new conversation that has a repository',
      { last: null, exists: false, mark: null, isCaptured: false, hasRepository: true },
      'clone',
      false,
    ],
    [
      'is cloned anew if its host was lost before the first capture, and before a process ran',
      { mark: null, isCaptured: false, hasRepository: true, hasRun: false },
      'clone',
      false,
    ],
    [
      'is used if it was cloned by an attempt that died before a process ran',
      { isCaptured: false, hasRepository: true, hasRun: false },
      'use',
      false,
    ],
    [
      'is cloned with a doubt if a process ran in it, and it is gone and was not captured',
      { exists: false, mark: null, isCaptured: false, hasRepository: true },
      'clone',
      true,
    ],
    [
      'is used with a doubt if a process ran in it, and it is stale and was not captured',
      { mark: null, isCaptured: false, hasRepository: true },
      'use',
      true,
    ],
    [
      'is restored if it was cloned and captured',
      { exists: false, mark: null, hasRepository: true },
      'restore',
      false,
    ],
  ])('%s', (_title, given, action, isUncertain) => {
    expect(planDirectory({ ...facts, ...given })).toEqual({ action, isUncertain });
  });
});
