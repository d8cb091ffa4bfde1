// Audits a run: all checks, by the name that a violation reports.
import { noOverlap, numbering, onlyByFaults } from './audit/attempts.ts';
import { acknowledged, noGap } from './audit/events.ts';
import type { Check, Evidence, Violation } from './audit/evidence.ts';
import { noFolder, noProcess, workers } from './audit/leftovers.ts';
import { alone, exactlyOnce, inDirectory, transcripts } from './audit/marks.ts';
import { messagesOnce, messagesReported, messagesShown, refusedNowhere } from './audit/messages.ts';
import { allTerminal, finalsStay, noneInvented, noneLost, outcomes } from './audit/sessions.ts';
import { branchesApart, inWorkspace, portable } from './audit/workspaces.ts';

const CHECKS: Record<string, Check> = {
  'none lost': noneLost,
  'none invented': noneInvented,
  'all terminal': allTerminal,
  'finals stay': finalsStay,
  outcomes,
  'attempts in order': numbering,
  'attempts fail only by faults': onlyByFaults,
  'no overlapping attempts': noOverlap,
  'seq without gap or duplicate': noGap,
  'acknowledged events stay': acknowledged,
  'marks exactly once': exactlyOnce,
  'transcripts whole': transcripts,
  'marks in working directories': inDirectory,
  'marks of transcripts in workspaces': inWorkspace,
  'files travel': portable,
  'branches apart': branchesApart,
  'messages exactly once': messagesOnce,
  'messages shown once': messagesShown,
  'messages reported as they are': messagesReported,
  'refused messages nowhere': refusedNowhere,
  'one live process at a time': alone,
  'no process left': noProcess,
  'no folder left': noFolder,
  'workers end as requested': workers,
};

/** Returns the violations that all checks found; empty if every check passed. */
export function audit(evidence: Evidence): Violation[] {
  return Object.entries(CHECKS).flatMap(([check, find]) =>
    [...find(evidence)].map((found) => ({ check, ...found })),
  );
}
