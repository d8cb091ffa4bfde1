import { basename, dirname, join } from 'node:path';
import { idSchema } from '@baton/core/internal';
import { SHADOWS } from '../host/work-dirs.ts';

/** Where a managed workspace lies on this host. */
export interface WorkspaceLocation {
  /** The name of the workspace's directory in WORK_ROOT. */
  name: string;
  /** The workspace: an absolute path. */
  path: string;
  /** Baton's own folder for the workspace: its mark, its git repository, its last scan. */
  shadow: string;
}

/** Returns where the workspace with this name lies. */
export function locationOf(workRoot: string, name: string): WorkspaceLocation {
  return { name, path: join(workRoot, name), shadow: join(workRoot, SHADOWS, name) };
}

/** Returns the name of the workspace that a conversation begins in. */
export function rootName(rootId: string): string {
  return rootId;
}

/** Returns the name of the workspace of a session that branches off its conversation. */
export function branchName(rootId: string, sessionId: string): string {
  return `${rootId}.${sessionId}`;
}

/** Returns the root session of the conversation that a workspace's name belongs to, or null if the name is none of a workspace. */
export function rootOfName(name: string): string | null {
  const [rootId = '', sessionId, ...more] = name.split('.');
  const ids = sessionId === undefined ? [rootId] : [rootId, sessionId];
  return more.length === 0 && ids.every((id) => idSchema.safeParse(id).success) ? rootId : null;
}

/** Splits the path of a managed workspace into the work root that it lies in and its name. */
export function splitPath(path: string): { workRoot: string; name: string } {
  return { workRoot: dirname(path), name: basename(path) };
}
