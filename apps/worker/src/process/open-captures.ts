import type { Logger } from '@baton/core/internal';
import { createCaptureEngine, findGit } from '../capture/capture-engine.ts';
import type { WorkerIdentity } from '../host/identity.ts';
import { formatMarker } from '../host/marker.ts';
import type { WorkerSettings } from '../settings.ts';
import type { WorkspaceSettings } from '../workspace/workspace-settings.ts';

// What the marker of git processes has in place of a session's id: they belong to the worker, and to none of its sessions.
const NO_SESSION = 'captures';

/**
 * Opens the captures of this worker. Without git the worker runs sessions all the same, and says once that their files
 * stay on this host.
 */
export async function openCaptures(
  {
    WORKSPACE_CAPTURE,
    WORKSPACE_MAX_BYTES: maxBytes,
    WORKSPACE_MAX_FILES: maxFiles,
  }: Pick<WorkerSettings, 'WORKSPACE_CAPTURE' | 'WORKSPACE_MAX_BYTES' | 'WORKSPACE_MAX_FILES'>,
  { path, identity }: { path: string; identity: WorkerIdentity },
  log: Logger,
): Promise<WorkspaceSettings> {
  const bounds = { maxBytes, maxFiles };
  if (WORKSPACE_CAPTURE === 'off') return { ...bounds, whyNot: 'capture_off' };
  if ((await findGit(path)) === null) {
    log.warn(
      'found no git in PATH: the files of sessions stay on this host and do not follow a session to another one; install git, or set WORKSPACE_CAPTURE=off',
    );
    return { ...bounds, whyNot: 'no_git' };
  }
  const marker = formatMarker({ ...identity, sessionId: NO_SESSION, fence: 0 });
  return { ...bounds, engine: createCaptureEngine({ path, marker }) };
}
