import type { WorkspaceSettings } from '../workspace/workspace-settings.ts';

/**
 * Says in one line what this worker does with the files of sessions, for `/readyz`.
 *
 * @param otherRoots The work roots of other live workers that differ from `workRoot`.
 */
export function describeWorkspaces(
  { whyNot }: Pick<WorkspaceSettings, 'whyNot'>,
  workRoot: string,
  otherRoots: readonly string[],
): string {
  const captures = {
    capture_off: 'not captured (WORKSPACE_CAPTURE=off)',
    no_git: 'not captured (found no git)',
  };
  const travel = whyNot === undefined ? 'captured' : captures[whyNot];
  if (otherRoots.length === 0) return travel;
  return `${travel}; WORK_ROOT ${workRoot} differs from ${otherRoots.join(', ')} of other live workers: this worker takes only new conversations and those under its own WORK_ROOT`;
}
