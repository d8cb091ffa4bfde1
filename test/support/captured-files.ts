// Reads the files of a session from its newest capture, as another host would restore them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CaptureEngine,
  createCaptureEngine,
} from '../../apps/worker/src/capture/capture-engine.ts';
import { fetchPacks } from '../../apps/worker/src/workspace/fetch-packs.ts';
import {
  type CaptureStore,
  isNothingCaptured,
  type Session,
} from '../../packages/core/src/internal.ts';

/**
 * Restores the newest capture of a session into a temporary folder, passes the folder to `read`, and removes it. The
 * folder is empty if nothing was captured. Throws if the session has no capture.
 *
 * @param engine Restores the files, and stays open. Default: an engine that is opened for this call.
 */
export async function withCapturedFiles<T>(
  captures: CaptureStore,
  { id, workspace }: Pick<Session, 'id' | 'workspace'>,
  read: (folder: string) => Promise<T>,
  engine?: CaptureEngine,
): Promise<T> {
  const capture = workspace?.capture;
  if (!capture) throw new Error(`session ${id} has no capture`);
  const root = await mkdtemp(join(tmpdir(), 'baton-captured-'));
  const own = engine ?? openCaptureEngine();
  const [shadow, target] = [join(root, 'shadow'), join(root, 'files')];
  try {
    if (isNothingCaptured(capture)) return await read(root);
    await fetchPacks({ captures, engine: own }, shadow, capture);
    await own.restore({ shadow, commit: capture.commit, target, tree: workspace.path });
    await own.release(shadow);
    return await read(target);
  } finally {
    if (!engine) await own.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** Opens an engine that restores captures on this host. */
export function openCaptureEngine(): CaptureEngine {
  return createCaptureEngine({ path: process.env['PATH'] ?? '' });
}
