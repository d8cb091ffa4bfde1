import { z } from 'zod';

/**
 * Schema of one of Claude's own files. Its bytes before `base` belong to the session's ancestors. Its bytes from `base`
 * to `length` belong to the session. `sha256` covers the whole file up to `length`.
 */
const transcriptFileSchema = z.object({
  path: z.string().describe("Path relative to the project folder in the CLI's config directory."),
  base: z.int().nonnegative(),
  length: z.int().nonnegative(),
  sha256: z.string(),
  generation: z
    .int()
    .nonnegative()
    .describe(
      'Raised when the CLI rewrote the file. Then `base` is 0 and the whole file is stored.',
    ),
  has_parts: z
    .literal(true)
    .optional()
    .describe('Set once the file refers to parts, which only some versions can read.'),
});

/**
 * Schema of the manifest: which transcript bytes of a session count. Only a guarded update of the
 * session document changes it.
 */
export const transcriptManifestSchema = z.object({
  files: z.array(transcriptFileSchema),
});

/** One of Claude's own files. */
export type TranscriptFile = z.infer<typeof transcriptFileSchema>;

/** Which transcript bytes of a session count. */
export type TranscriptManifest = z.infer<typeof transcriptManifestSchema>;

/** Returns the path of the file that `--resume` reads, relative to the project folder. */
export function mainTranscriptPath(claudeSessionId: string): string {
  return `${claudeSessionId}.jsonl`;
}

/** Returns Claude's id for a session's conversation: the root's id, until a `/clear` begins a new conversation. */
export function claudeIdOf({
  claude_session_id,
  root_session_id,
}: {
  claude_session_id?: string | undefined;
  root_session_id: string;
}): string {
  return claude_session_id ?? root_session_id;
}

/** Returns whether the CLI can resume the conversation from this transcript. */
export function hasTranscript(manifest: TranscriptManifest, claudeSessionId: string): boolean {
  const main = mainTranscriptPath(claudeSessionId);
  return manifest.files.some((file) => file.path === main && file.length > 0);
}
