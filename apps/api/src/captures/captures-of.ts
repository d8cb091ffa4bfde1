// Which captures a request compares.
import { AppError, type Capture, isNothingCaptured, type Session } from '@baton/core/internal';

/** The moments with which the files of a session can be compared. */
export const AGAINST = ['base', 'start', 'parent'] as const;

/** One of these moments. */
export type Against = (typeof AGAINST)[number];

type Files = Pick<Session, 'id' | 'status' | 'workspace' | 'parent_session_id'>;

/** Returns the newest capture of a session. Throws WORKSPACE_NOT_CAPTURED with the reason if there is none. */
export function captureOf(session: Files): Capture {
  const { workspace } = session;
  if (workspace?.capture) return workspace.capture;
  const reason = workspace ? (workspace.reason ?? 'not_captured') : 'not_begun';
  throw new AppError(
    'WORKSPACE_NOT_CAPTURED',
    `the files of session ${session.id} are not stored: ${WHY_NOT[reason]}`,
    { details: { reason } },
  );
}

const WHY_NOT = {
  not_begun: 'the session has not begun',
  path: 'it works in a directory that its caller named',
  capture_off: 'its worker has WORKSPACE_CAPTURE=off',
  no_git: 'its worker found no git',
  too_large: 'they exceed WORKSPACE_MAX_BYTES or WORKSPACE_MAX_FILES of its worker',
  capture_failed: 'the capture failed',
  not_captured: 'no capture has been taken yet',
} as const;

/**
 * Returns the capture that `against` names, or null for an empty workspace. Throws WORKSPACE_NOT_CAPTURED if the parent
 * has no capture, and INVALID_REQUEST if the session has no parent but is to be compared with it.
 */
export function captureBefore(
  against: Against,
  { session, parent, root }: { session: Files; parent: Files | null; root: Files | null },
): Capture | null {
  if (against === 'base') return root?.workspace?.start ?? null;
  if (against === 'start') {
    const start = session.workspace?.start;
    if (start) return start;
    return parent ? captureOf(parent) : null;
  }
  if (parent) return captureOf(parent);
  throw new AppError('INVALID_REQUEST', `against: session ${session.id} has no parent`, {
    details: { field: 'against' },
  });
}

/** Returns the commit of a capture, or null if the capture is that of an empty workspace. */
export function commitOf(capture: Capture | null): string | null {
  return capture === null || isNothingCaptured(capture) ? null : capture.commit;
}
