import type { Session } from '@baton/core/internal';
import { allMarksIn } from '../../../test/fake-claude/marks.ts';
import type { Check, Evidence } from './evidence.ts';

/**
 * Every mark that the final transcript of a session shows, its ancestors' too, is in the files of the session. If the
 * session was cancelled after its worker had died, no attempt brought the transcript and the files in agreement: then
 * only the part of the transcript counts that the newest capture covers. A session that does not travel is no exception.
 */
export const inWorkspace: Check = function* ({ workspaces, transcripts, sessions, uncaptured }) {
  if (!workspaces) return;
  for (const [id, session] of sessions) {
    const texts = transcripts.get(id) ?? [];
    if (texts instanceof Error) continue; // another check reports it
    const found = workspaces.get(id) ?? new Map<string, number[]>();
    if (found instanceof Error) {
      yield { session: id, problem: `its files cannot be restored: ${found.message}` };
      continue;
    }
    const excused = new Set(endedAfterCrash(session) ? uncaptured.get(id) : []);
    const counting = texts.filter((text) => !excused.has(text));
    const missing = allMarksIn(counting).filter(({ name, n }) => !found.get(name)?.includes(n));
    if (missing.length === 0) continue;
    const shown = missing.map(({ name, n }) => (name === id ? n : `${n} of ${name}`));
    yield {
      session: id,
      problem: `the transcript shows marks that its files do not have (root ${session.root_session_id}): ${shown.join(', ')}`,
    };
  }
};

// No attempt captured the files after the last one whose process ran had died.
function endedAfterCrash({ status, attempts }: Session): boolean {
  const last = attempts.findLast(({ pid }) => pid !== undefined);
  return status === 'cancelled' && last?.failure?.code === 'CRASHED';
}

/** Returns how many sessions were cancelled after their worker had died, so that their files may miss marks. */
export function countCancelledAfterCrash({ sessions }: Pick<Evidence, 'sessions'>): number {
  return [...sessions.values()].filter(endedAfterCrash).length;
}

/**
 * Every session that began has a whole capture, and travels. No fault of a run is a reason why a session does not: a
 * worker that cannot reach MongoDB loses the session, and a full disk or a missing git is no fault of the run.
 */
export const portable: Check = function* ({ workspaces, sessions }) {
  if (!workspaces) return;
  for (const { id, workspace } of sessions.values()) {
    if (!workspace) continue; // the session was cancelled before it began
    if (!workspace.portable)
      yield { session: id, problem: `does not travel: ${workspace.reason ?? 'no reason'}` };
    else if (!workspace.capture) yield { session: id, problem: 'travels without a capture' };
    else if (workspace.capture.torn)
      yield { session: id, problem: 'its files changed during its last capture' };
  }
};

/** Two continues of one parent never work in one directory. */
export const branchesApart: Check = function* ({ workspaces, sessions }) {
  if (!workspaces) return;
  const takenBy = new Map<string, string>();
  for (const { id, parent_session_id: parent, workspace } of sessions.values()) {
    if (parent === undefined || !workspace) continue;
    const key = `${parent} ${workspace.path}`;
    const other = takenBy.get(key);
    if (other !== undefined)
      yield { session: id, problem: `works in the directory of ${other}: ${workspace.path}` };
    takenBy.set(key, id);
  }
};

/** Returns how many sessions do not travel, by the reason. */
export function notPortable({ sessions }: Pick<Evidence, 'sessions'>): Record<string, number> {
  const reasons: Record<string, number> = {};
  for (const { workspace } of sessions.values()) {
    if (!workspace || workspace.portable) continue;
    const reason = workspace.reason ?? 'none';
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return reasons;
}

/** Returns how many sessions work in a directory of their own, because another continue has their parent's. */
export function countBranches({ sessions }: Pick<Evidence, 'sessions'>): number {
  return [...sessions.values()].filter(isBranch).length;
}

function isBranch({ id, workspace }: Session): boolean {
  return workspace?.path.endsWith(`.${id}`) === true;
}
