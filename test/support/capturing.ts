// Captures a directory with the real capture engine, as the attempts of sessions do, and stores the packs.
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capture, CaptureStore, Session } from '@baton/core/internal';
import type { CaptureEngine } from '../../apps/worker/src/capture/capture-engine.ts';

/** The workspace of one conversation on a host. */
export interface Capturing {
  /** The directory whose files are captured. */
  tree: string;
  /** Captures the files for a session and stores the pack. `from` is the capture that it builds on. Default: none. */
  capture(session: Session, from?: Capture, change?: Partial<Capture>): Promise<Capture>;
  close(): Promise<void>;
}

/** Opens an empty workspace in a temporary folder. The engine stays open. */
export async function openCapturing(
  captures: CaptureStore,
  engine: CaptureEngine,
): Promise<Capturing> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'baton-capturing-')));
  const [tree, shadow] = [join(root, 'w'), join(root, 's')];
  await mkdir(tree);

  return {
    tree,
    async capture({ id, root_session_id }, from, change = {}) {
      const result = await engine.capture({
        tree,
        shadow,
        base: from?.commit ?? null,
        previous: from?.commit ?? null,
        isMerged: false,
        isForced: true,
        include: [],
        secrets: [],
        maxBytes: 1e10,
        maxFiles: 1e6,
      });
      if (result.kind !== 'captured') throw new Error(`expected a capture, got ${result.kind}`);
      const { commit, pack, files, bytes, leftOut } = result;
      await captures.put({ session_id: id, root_session_id }, pack.id, createReadStream(pack.file));
      await rm(pack.file);
      const ref = { session_id: id, id: pack.id, bytes: pack.bytes };
      return {
        commit,
        packs: result.isSelfContained ? [ref] : [...(from?.packs ?? []), ref],
        taken_at: new Date('2026-11-24T09:00:26.118Z'),
        attempt: 1,
        files,
        bytes,
        left_out: leftOut,
        transcript: [],
        ...change,
      };
    },
    async close() {
      await engine.release(shadow);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Returns the workspace of a session with this capture, and the files with which it began. */
export function workspaceWith(
  capture: Capture,
  start?: Capture,
): NonNullable<Session['workspace']> {
  const workspace = { type: 'managed', path: '/srv/baton/w', fence: 1, portable: true } as const;
  return start ? { ...workspace, capture, start } : { ...workspace, capture };
}
