import type { UpdateFilter } from 'mongodb';
import { WORKSPACES_FEATURE } from '../model/config/required-features.ts';
import type { Session } from '../model/session/session.ts';
import type { SessionDocument } from './mongo.ts';

/**
 * Returns the part of an update that keeps older workers from running this session. It is empty
 * unless a capture holds files of the session, or its transcript was cut. An older worker would resume it in an empty directory, and
 * could not read the transcript.
 */
export function requireWorkspaces({
  workspace,
}: Partial<Pick<Session, 'workspace'>>): Pick<UpdateFilter<SessionDocument>, '$addToSet'> {
  return workspace?.cut_calls || workspace?.capture?.packs.length
    ? { $addToSet: { requires: WORKSPACES_FEATURE } }
    : {};
}
