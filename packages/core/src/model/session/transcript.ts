import { z } from 'zod';

/**
 * One of Claude's own files. The session's bytes are those from `base` (where it began: what its
 * ancestors hold) to `length`; `sha256` is over the whole file up to `length`.
 */
const transcriptFileSchema = z.object({
  path: z.string().describe('Relative to the project folder of the config dir.'),
  base: z.int().nonnegative(),
  length: z.int().nonnegative(),
  sha256: z.string(),
  generation: z
    .int()
    .nonnegative()
    .describe('Raised when the file was rewritten: then base is 0 and it is stored whole.'),
});

/** Which transcript bytes of a session count: moved only by the guarded update. */
export const transcriptManifestSchema = z.object({
  files: z.array(transcriptFileSchema),
});

/** One of Claude's own files. */
export type TranscriptFile = z.infer<typeof transcriptFileSchema>;

/** Which transcript bytes of a session count. */
export type TranscriptManifest = z.infer<typeof transcriptManifestSchema>;

/** The file that `--resume` reads, relative to the project folder. */
export function mainTranscriptPath(claudeSessionId: string): string {
  return `${claudeSessionId}.jsonl`;
}

/** Claude's id of the conversation that a session is in: its root's, until `/clear` begins another. */
export function claudeIdOf({
  claude_session_id,
  root_session_id,
}: {
  claude_session_id?: string | undefined;
  root_session_id: string;
}): string {
  return claude_session_id ?? root_session_id;
}

/** Says whether the conversation can be resumed from this transcript. */
export function hasTranscript(manifest: TranscriptManifest, claudeSessionId: string): boolean {
  const main = mainTranscriptPath(claudeSessionId);
  return manifest.files.some((file) => file.path === main && file.length > 0);
}
