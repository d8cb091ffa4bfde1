import type { UpdateFilter } from 'mongodb';
import { TRANSCRIPT_PARTS_FEATURE, WORKSPACES_FEATURE } from '../model/config/required-features.ts';
import type { Session } from '../model/session/session.ts';
import type { SessionDocument } from './mongo.ts';

/**
 * Returns the part of an update that keeps older workers from running this session. It is empty
 * unless the update stores what an older worker cannot use: a capture that holds files of the
 * session, a transcript that was cut, or a transcript file that refers to parts.
 */
export function requireFeatures({
  workspace,
  transcript,
}: Partial<Pick<Session, 'workspace' | 'transcript'>>): Pick<
  UpdateFilter<SessionDocument>,
  '$addToSet'
> {
  // An older worker would resume the session in an empty directory, and could not read the
  // transcript.
  const hasFiles = workspace?.cut_calls || workspace?.capture?.packs.length;
  // An older worker would take the transcript for a damaged one.
  const hasParts = transcript?.files.some(({ has_parts }) => has_parts === true);
  const words = [
    ...(hasFiles ? [WORKSPACES_FEATURE] : []),
    ...(hasParts ? [TRANSCRIPT_PARTS_FEATURE] : []),
  ];
  return words.length > 0 ? { $addToSet: { requires: { $each: words } } } : {};
}
