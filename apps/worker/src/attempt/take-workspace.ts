// Takes a session's workspace for an attempt, just before its process starts.
import {
  AppError,
  type Capture,
  captureNothing,
  defined,
  type Workspace,
  type WorkspaceNotPortableReason,
} from '@baton/core/internal';
import { writeMark } from '../workspace/mark.ts';
import type { WorkspaceSettings } from '../workspace/workspace-settings.ts';
import { lengthsOf } from './attempt-captures.ts';
import type { AttemptContext } from './attempt-context.ts';
import { cutCallsOf, type PlannedWorkspace } from './plan-workspace.ts';
import type { Prepared } from './prepare.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/**
 * Marks the directory with this attempt's claim, and stores the claim as the last one that took the workspace. From then
 * on, no other host uses an older copy of the directory. Resolves to the stored workspace, or to null if the attempt must
 * not write any more. A file system error is thrown.
 *
 * @param uploads What is to be stored about the session's uploaded files.
 */
export async function takeWorkspace(
  { deps, session, attempt, owned, writeOptions }: AttemptContext,
  { cwd, planned, restored, base }: Pick<Prepared, 'cwd' | 'planned' | 'restored' | 'base'>,
  uploads: Pick<Workspace, 'uploads'>,
): Promise<Workspace | null> {
  const { fence } = attempt;
  if (planned) await writeMark(planned.location.shadow, { session_id: session.id, fence });
  const lengths = lengthsOf(restored);
  const cutCalls = cutCallsOf(session, restored);
  const now = await deps.clock.now();
  const workspace: Workspace = planned
    ? {
        type: 'managed',
        path: planned.location.path,
        fence,
        ...defined({
          moved_from: planned.movedFrom.length > 0 ? [...planned.movedFrom] : undefined,
          cut_calls: cutCalls.length > 0 ? [...cutCalls] : undefined,
          base,
        }),
        ...uploads,
        ...planned.kept,
        ...withStart(
          planned,
          captureAtStart(
            planned,
            deps.workspace,
            () => captureNothing(now, attempt.attempt, lengths),
            lengths,
          ),
        ),
      }
    : { type: 'path', path: cwd, fence, portable: false, reason: 'path', ...uploads };
  const held = await writeUntilAcknowledged(() => owned.commit({ workspace }), writeOptions);
  return held && workspace;
}

/** Adds the capture with which a continue begins: the one that it inherits. */
function withStart<T extends Pick<Workspace, 'capture'>>(
  { isInherited, last }: Pick<PlannedWorkspace, 'isInherited' | 'last'>,
  begun: T,
): T & Pick<Workspace, 'start'> {
  const isContinue = isInherited && last !== null;
  return { ...begun, ...defined({ start: isContinue ? begun.capture : undefined }) };
}

/** Returns the capture that an attempt begins with, and whether the files can travel from the start. */
function captureAtStart(
  { capture, action, isInherited, isPortable, reason }: PlannedWorkspace,
  { whyNot }: WorkspaceSettings,
  nothing: () => Capture,
  lengths: Capture['transcript'],
): Pick<Workspace, 'capture' | 'portable' | 'reason'> {
  if (whyNot) return { ...notPortable(whyNot), ...defined({ capture }) };
  // The inherited capture covers everything that the session inherits of the transcript.
  const known = capture && isInherited ? { ...capture, transcript: lengths } : capture;
  if (known && !isPortable) return { ...notPortable(reason), capture: known };
  if (known) return { portable: true, capture: known };
  if (action === 'make') return { portable: true, capture: nothing() };
  return notPortable('not_captured');
}

/**
 * Checks the size of a directory that was there before its conversation began, or that was cloned. Throws WORKSPACE_TOO_LARGE, so that the
 * caller of a launch learns at once that the files cannot travel.
 */
export async function checkSize(
  { deps, session }: AttemptContext,
  { planned }: Pick<Prepared, 'planned'>,
): Promise<void> {
  const { engine, maxBytes, maxFiles } = deps.workspace;
  if (!engine || !planned) return;
  const isFound = planned.last === null && planned.action === 'use';
  if (!isFound && planned.action !== 'clone') return;
  if (session.kind !== 'launch' || session.attempts.some(({ pid }) => pid)) return;
  const { path, shadow } = planned.location;
  const found = await engine.measure({
    tree: path,
    shadow,
    include: planned.include,
    maxBytes,
    maxFiles,
  });
  if (found === null) return;
  const bound = found.limit === 'bytes' ? `${maxBytes} bytes` : `${maxFiles} files`;
  throw new AppError(
    'WORKSPACE_TOO_LARGE',
    `workspace: expected at most ${bound} in ${path}, found more; leave files out with a .gitignore, or ask the operator to raise WORKSPACE_MAX_${found.limit.toUpperCase()}`,
    { details: { field: 'workspace' } },
  );
}

function notPortable(reason: WorkspaceNotPortableReason) {
  return { portable: false, reason } as const;
}
