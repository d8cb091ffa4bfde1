import { AppError } from '../errors/app-error.ts';
import { isSameRepository } from './repository-url.ts';

/**
 * Checks that a session may begin from this repository in a conversation that has a workspace already: its files cannot
 * become those of another repository. Throws INVALID_REQUEST, which names the field.
 *
 * @param workspace The workspace that the session inherits.
 */
export function checkRepositoryBase(
  url: string,
  { base }: { base?: { url: string } | undefined },
): void {
  if (base && isSameRepository(base.url, url)) return;
  const expected = base ? `the repository of this conversation, ${base.url}` : 'no repository';
  throw new AppError(
    'INVALID_REQUEST',
    `workspace.url: expected ${expected}, because the conversation has its files already; launch a new session for another repository`,
    { details: { field: 'workspace.url' } },
  );
}

/**
 * Checks the config of a continue against the workspace of its parent. Throws like checkRepositoryBase. A parent that
 * has no managed workspace yet is checked by the worker.
 */
export function checkContinuedRepository(
  { workspace }: { workspace?: { type: string; url?: string } | undefined },
  parent: { workspace?: { type: string; base?: { url: string } | undefined } | undefined },
): void {
  if (parent.workspace?.type !== 'managed' || workspace?.type !== 'git') return;
  checkRepositoryBase(workspace.url ?? '', parent.workspace);
}
