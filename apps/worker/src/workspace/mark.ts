import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { clearOwnPath, makeOwnFolder, readOwnFile } from '@baton/core/captures';
import { idSchema } from '@baton/core/internal';
import { z } from 'zod';
import { makeFolder } from '../host/make-folder.ts';

const MARK = 'mark.json';
const MARK_MAX_BYTES = 4096;

const markSchema = z.object({
  session_id: idSchema,
  fence: z.int(),
  bytes: z.int().nonnegative().optional(),
});

/**
 * Says which attempt took a workspace on this host last: the session and the fence of its claim. `bytes` is the size
 * of the workspace when that attempt ended.
 */
export type WorkspaceMark = z.infer<typeof markSchema>;

/** Returns the path of the mark in a workspace's shadow folder. Its time of change says when the workspace was used last. */
export function markPath(shadow: string): string {
  return join(shadow, MARK);
}

/** Reads the mark of a workspace. Returns null if there is none, or if it is not one of Baton's. */
export async function readMark(shadow: string): Promise<WorkspaceMark | null> {
  const text = readOwnFile(markPath(shadow), MARK_MAX_BYTES);
  if (text === null) return null;
  try {
    return markSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Writes the mark of a workspace in one step: a reader sees the old mark or the new one. */
export async function writeMark(shadow: string, mark: WorkspaceMark): Promise<void> {
  await makeFolder(dirname(shadow));
  makeOwnFolder(shadow);
  const draft = `${markPath(shadow)}.${mark.fence}`;
  await rm(draft, { recursive: true, force: true });
  await writeFile(draft, JSON.stringify(mark), { flag: 'wx' });
  clearOwnPath(markPath(shadow));
  await rename(draft, markPath(shadow));
}

/** Removes the mark. From then on, no attempt uses the directory as it is. */
export async function removeMark(shadow: string): Promise<void> {
  await rm(markPath(shadow), { recursive: true, force: true });
}
