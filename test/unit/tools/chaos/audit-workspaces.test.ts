// The checks of the files that a run with separate hosts left.
import type { Capture, Session, Workspace } from '@baton/core/internal';
import { expect, test } from 'vitest';
import type { Evidence } from '../../../../tools/chaos/audit/evidence.ts';
import { audit } from '../../../../tools/chaos/audit.ts';
import { markText } from '../../../fake-claude/marks.ts';
import { at, goodEvents, goodSession, ID, makeEvidence } from './evidence.ts';

const CAPTURE: Capture = {
  commit: 'a'.repeat(40),
  packs: [],
  taken_at: at(30),
  attempt: 2,
  files: 1,
  bytes: 1,
  left_out: 0,
  transcript: [],
};

const WORKSPACE: Workspace = {
  type: 'managed',
  path: `/srv/baton/${ID}`,
  fence: 2,
  portable: true,
  capture: CAPTURE,
};

/** Returns a session of the run whose files hold these marks. */
function holding(marks: readonly number[], fields: Partial<Session> = {}): Partial<Evidence> {
  const session = goodSession({ workspace: WORKSPACE, ...fields });
  return {
    workspaces: new Map([[ID, new Map([[ID, marks]])]]),
    sessions: new Map([[ID, session]]),
    finals: new Map([[ID, session]]),
  };
}

/** Returns a session that was cancelled after its worker had died. Its transcript shows two marks. */
function cancelledAfterCrash(marks: readonly number[]): Partial<Evidence> {
  const [first] = goodSession().attempts;
  const failure = { code: 'CRASHED', message: 'no lease', retryable: true, attempt: 1, at: at(20) };
  const attempts = [{ ...first, pid: 7, failure }] as Session['attempts'];
  return {
    ...holding(marks, { status: 'cancelled', attempts, last_event_seq: 2, superseded: [] }),
    events: new Map([[ID, goodEvents().slice(0, 2)]]),
    shown: new Map(),
    cancels: new Map([[ID, true]]),
    transcripts: new Map([[ID, [markText(ID, 1), markText(ID, 2)]]]),
    uncaptured: new Map([[ID, [markText(ID, 2)]]]),
  };
}

test('the audit accepts files that are newer than the transcript', () => {
  expect(audit(makeEvidence(holding([1, 2, 2, 3, 4])))).toEqual([]);
});

test('the audit accepts files that miss marks beyond the capture of a session that was cancelled after a crash', () => {
  expect(audit(makeEvidence(cancelledAfterCrash([1])))).toEqual([]);
});

test('the audit accepts a session that was cancelled before it had a workspace', () => {
  const early = goodSession({ status: 'cancelled', attempts: [], last_event_seq: 0 });
  const found = makeEvidence({
    workspaces: new Map(),
    sessions: new Map([[ID, early]]),
    finals: new Map([[ID, early]]),
    transcripts: new Map(),
    events: new Map(),
    shown: new Map(),
    cancels: new Map([[ID, true]]),
  });
  expect(audit(found)).toEqual([]);
});

const OTHERS = ['1', '2'].map((end) => ID.slice(0, -1) + end);
const twoContinues = OTHERS.map((id): [string, Session] => [
  id,
  goodSession({ id, parent_session_id: 'parent', workspace: WORKSPACE }),
]);

test.for<[string, string, Partial<Evidence>]>([
  [
    'a mark of the transcript that is missing in the files of the session',
    'marks of transcripts in workspaces',
    holding([1, 3]),
  ],
  [
    'a mark that is missing although the session completed, and that its capture does not cover',
    'marks of transcripts in workspaces',
    { ...holding([1, 2]), uncaptured: new Map([[ID, [markText(ID, 3)]]]) },
  ],
  [
    'a missing mark that the capture of a session covers which was cancelled after a crash',
    'marks of transcripts in workspaces',
    cancelledAfterCrash([]),
  ],
  [
    'a mark of an ancestor that is missing in the files of the session',
    'marks of transcripts in workspaces',
    {
      ...holding([1, 2, 3]),
      transcripts: new Map([[ID, ['mark other 1', ...[1, 2, 3].map((n) => markText(ID, n))]]]),
    },
  ],
  [
    'a capture that cannot be restored',
    'marks of transcripts in workspaces',
    { ...holding([]), workspaces: new Map([[ID, new Error('a pack is damaged')]]) },
  ],
  [
    'a session that does not travel',
    'files travel',
    holding([1, 2, 3], {
      workspace: { ...WORKSPACE, portable: false, reason: 'capture_failed' },
    }),
  ],
  [
    'a session whose files changed during its last capture',
    'files travel',
    holding([1, 2, 3], { workspace: { ...WORKSPACE, capture: { ...CAPTURE, torn: true } } }),
  ],
  [
    'two continues of one parent in one directory',
    'branches apart',
    { workspaces: new Map(), sessions: new Map(twoContinues) },
  ],
])('the audit finds %s', ([, check, changes]) => {
  expect(audit(makeEvidence(changes)).map((found) => found.check)).toContain(check);
});
