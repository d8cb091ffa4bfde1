import { z } from 'zod';

/** How many patterns `workspace.include` may have. */
const INCLUDE_MAX = 64;

const pattern = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^\0]*$/, 'expected no NUL character');

/** Schema of an absolute path on the worker's host. */
export const absolutePath = z
  .string()
  .max(4096)
  .regex(/^\/[^\0]*$/, 'expected an absolute path');

/** Schema of what a session works in: a directory that Baton keeps, or a directory of the host. */
export const workspaceConfigSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('managed'),
      include: z
        .array(pattern)
        .max(INCLUDE_MAX)
        .optional()
        .describe(
          'Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.',
        ),
    }),
    z.strictObject({
      type: z.literal('path'),
      path: absolutePath.describe(
        'Directory in which the session runs; it must lie inside an allowed root. It means the same as `working_dir`.',
      ),
    }),
  ])
  .describe(
    'What the session works in. `managed`, the default: a directory of the conversation that Baton keeps, so its files follow the conversation to any host. `path`: a directory of the host, whose files do not travel.',
  );

/** What a session is to work in. A `path` has the name of the key that gave it. */
export type WorkspaceChoice =
  | { type: 'managed'; include: readonly string[] }
  | { type: 'path'; path: string; field: 'working_dir' | 'workspace.path' };

/** Returns what a config says about the workspace. Default: a managed workspace without `include`. */
export function workspaceOf({
  working_dir,
  workspace,
}: {
  working_dir?: string | undefined;
  workspace?: z.infer<typeof workspaceConfigSchema> | undefined;
}): WorkspaceChoice {
  if (working_dir !== undefined) return { type: 'path', path: working_dir, field: 'working_dir' };
  if (workspace?.type === 'path') return { ...workspace, field: 'workspace.path' };
  return { type: 'managed', include: workspace?.include ?? [] };
}
