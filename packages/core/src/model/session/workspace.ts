import { z } from 'zod';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';

const count = z.int().nonnegative();

/** Schema of a pack: a part of a capture as MongoDB holds it. */
const packSchema = z.object({
  session_id: idSchema.describe('The session that stored the pack.'),
  id: z.string().describe("SHA-256 of the pack's bytes, in hex."),
  bytes: count,
});

/** Schema of a capture: the files of a workspace at one moment, stored so that any host can restore them. */
const captureSchema = z.object({
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  packs: z
    .array(packSchema)
    .describe('All packs that a restore needs, those of ancestors too, oldest first.'),
  taken_at: z.date(),
  attempt: z.int().positive().describe('The attempt that took the capture.'),
  files: count,
  bytes: count.describe("Sum of the files' sizes, in bytes."),
  left_out: count.describe('Number of entries that the capture does not hold.'),
  torn: z.boolean().optional().describe('Whether files changed while they were captured.'),
  transcript: z
    .array(z.object({ path: z.string(), generation: count, length: count }))
    .describe('The lengths of the transcript files that were stored before the capture began.'),
});

/** Schema of what a conversation's clone began from. */
const baseSchema = z
  .object({
    url: z.string().describe('URL of the repository, without credentials.'),
    ref: z
      .string()
      .describe('The branch, tag or commit that was asked for, or the default branch.'),
    commit: z.string().describe('The commit of the repository.'),
  })
  .describe('What the clone of the conversation began from; every continue inherits it.');

/** Schema of what became of the push of a session, or of its conversation so far. */
const pushStateSchema = z
  .object({
    branch: z.string(),
    commit: z
      .string()
      .describe('The commit that the conversation pushes. It is stored before it is pushed.'),
    pushed_at: z.date().optional().describe('When the server had accepted the commit.'),
    parent: z.string().optional().describe('The parent of the commit.'),
    committed_at: z
      .date()
      .optional()
      .describe('The date of the commit. Another try uses it again, so that the id stays.'),
    previous: z
      .string()
      .optional()
      .describe('The commit that the conversation pushed to the branch before this one.'),
  })
  .describe('The newest commit that the conversation pushes; a continue inherits it.');

/**
 * Why a session's files cannot follow it to another host:
 * - `path`: the session works in a directory that its caller named.
 * - `capture_off`: the worker has WORKSPACE_CAPTURE=off.
 * - `no_git`: the worker found no git.
 * - `too_large`: the workspace exceeds WORKSPACE_MAX_BYTES or WORKSPACE_MAX_FILES.
 * - `capture_failed`: the last capture failed.
 * - `not_captured`: no capture has been taken yet.
 */
const NOT_PORTABLE_REASONS = [
  'path',
  'capture_off',
  'no_git',
  'too_large',
  'capture_failed',
  'not_captured',
] as const;

/** Why a session's files cannot follow it to another host. */
export type WorkspaceNotPortableReason = (typeof NOT_PORTABLE_REASONS)[number];

/** Schema of the workspace of a session that has begun. */
export const workspaceSchema = z.object({
  type: z.enum(['managed', 'path']),
  path: z.string().describe("Absolute path of the directory on the worker's host."),
  fence: count.describe('The fence of the claim that took the directory last.'),
  moved_from: z
    .array(z.string())
    .optional()
    .describe('Earlier paths of the directory, oldest first.'),
  portable: z.boolean().describe('Whether the files follow the session to another host.'),
  reason: z.enum(NOT_PORTABLE_REASONS).optional().describe('Why the files do not travel.'),
  capture: captureSchema.optional().describe('The newest capture.'),
  start: captureSchema
    .optional()
    .describe(
      'The files with which the session began. Its packs stay until the session is deleted.',
    ),
  uploads: z
    .enum(['written', 'captured'])
    .optional()
    .describe(
      "Whether the session's uploaded files were put into the directory, and whether the newest capture began after that. Absent: they were not, or there are none.",
    ),
  base: baseSchema.optional(),
  push: pushStateSchema.optional(),
  cut_calls: z
    .array(z.string())
    .optional()
    .describe(
      'The calls that were cut from the transcript, one line each, until the model knows them.',
    ),
});

/** Schema of a workspace as queries return it, in JSON. */
export const workspaceViewSchema = z
  .object({
    type: workspaceSchema.shape.type.describe(
      '`managed`: a directory that Baton keeps. `path`: a directory of the host, which does not travel.',
    ),
    path: workspaceSchema.shape.path,
    portable: workspaceSchema.shape.portable,
    reason: z
      .enum(NOT_PORTABLE_REASONS)
      .optional()
      .describe('Why the files do not travel; absent if they do.'),
    captured_at: z.iso.datetime().optional().describe('When the newest capture was taken.'),
    files: z.int().optional().describe('Number of files in the newest capture.'),
    bytes: z.int().optional().describe('Size of the files in the newest capture, in bytes.'),
    left_out: z
      .int()
      .optional()
      .describe('Number of entries that the newest capture does not hold.'),
    stored_bytes: z
      .int()
      .optional()
      .describe(
        'Bytes that the captures of this session itself take in the database. The captures of its ancestors count there.',
      ),
    base: baseSchema.optional(),
    push: z
      .object({
        branch: z.string(),
        commit: z.string(),
        pushed_at: z.iso.datetime().optional().describe('Absent until the server has the commit.'),
      })
      .optional()
      .describe('The newest commit that the conversation pushed; absent before the first.'),
  })
  .describe('What the session works in; absent until its first attempt.');

/** A part of a capture as MongoDB holds it. */
export type PackRef = z.infer<typeof packSchema>;

/** The files of a workspace at one moment. */
export type Capture = z.infer<typeof captureSchema>;

/** The workspace of a session that has begun. */
export type Workspace = z.infer<typeof workspaceSchema>;

/** A workspace as queries return it. */
export type WorkspaceView = z.infer<typeof workspaceViewSchema>;

/** Returns the view of the workspace of the session with this id. */
export function toWorkspaceView(
  sessionId: string,
  { type, path, portable, reason, capture, base, push }: Workspace,
): WorkspaceView {
  const facts = capture ? captureFacts(sessionId, capture) : {};
  return {
    type,
    path,
    portable,
    ...facts,
    ...defined({ reason, base, push: push && toPushView(push) }),
  };
}

function toPushView({ branch, commit, pushed_at }: NonNullable<Workspace['push']>) {
  return { branch, commit, ...defined({ pushed_at: pushed_at?.toISOString() }) };
}

function captureFacts(sessionId: string, capture: Capture) {
  const { taken_at, files, bytes, left_out } = capture;
  return {
    captured_at: taken_at.toISOString(),
    files,
    bytes,
    left_out,
    stored_bytes: storedBytes(sessionId, capture),
  };
}

function storedBytes(sessionId: string, { packs }: Capture): number {
  return packs
    .filter(({ session_id }) => session_id === sessionId)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}
