import { z } from 'zod';
import { includeSchema } from './include-patterns.ts';
import { type RepositoryConfig, repositoryConfigSchema } from './repository-config.ts';

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
      include: includeSchema,
    }),
    z.strictObject({
      type: z.literal('path'),
      path: absolutePath.describe(
        'Directory in which the session runs; it must lie inside an allowed root. It means the same as `working_dir`.',
      ),
    }),
    repositoryConfigSchema,
  ])
  .superRefine((workspace, context) => {
    if (workspace.type !== 'git' || hasFittingCredentials(workspace)) return;
    context.addIssue({
      code: 'custom',
      path: ['credentials'],
      message: 'expected password for an address with https, and ssh_key for any other address',
    });
  })
  .describe(
    'What the session works in. `managed`, the default: a directory of the conversation that Baton keeps, so its files follow the conversation to any host. `git`: the same, and it begins as a clone of a repository. `path`: a directory of the host, whose files do not travel.',
  );

function hasFittingCredentials({ url, credentials }: RepositoryConfig): boolean {
  if (credentials === undefined) return true;
  return url.startsWith('https://') === (credentials.password !== undefined);
}

/** What a session is to work in. A `path` has the name of the key that gave it. */
export type WorkspaceChoice =
  | { type: 'managed'; include: readonly string[]; repository?: RepositoryConfig }
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
  const include = workspace?.include ?? [];
  if (workspace?.type !== 'git') return { type: 'managed', include };
  return { type: 'managed', include, repository: workspace };
}
