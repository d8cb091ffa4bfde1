// Finds the commit that a session's repository begins from.
import { AppError } from '@baton/core/internal';
import type { Transport } from './transport.ts';

/** What a clone begins from. */
export interface RepositoryStart {
  /** The commit. */
  commit: string;
  /** The branch, tag or commit that was asked for, or the default branch. */
  ref: string;
  /** What `ref` names. A commit has a detached HEAD, and so has a tag. */
  kind: 'branch' | 'tag' | 'commit';
}

const COMMIT = /^[0-9a-f]{40}$/;

// The server chooses the name of its default branch.
const SAFE_BRANCH =
  /^(?![-/.])(?!.*(?:\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)))[^\p{Cc} ~^:?*[\\]+(?<![/.])$/u;

/** Returns whether a text is the whole id of a commit. */
export function isCommitId(text: string): boolean {
  return COMMIT.test(text);
}

/**
 * Asks the server what a ref names: a branch, else a tag, else a commit by its whole id. The answer also shows that the
 * credentials may read the repository. Throws REF_NOT_FOUND, and as the transport does.
 *
 * @param gitDir Any repository.
 * @param ref Default: the default branch of the repository.
 */
export async function resolveRef(
  transport: Transport,
  gitDir: string,
  ref: string | undefined,
  { signal, field = 'workspace.ref' }: { signal?: AbortSignal | undefined; field?: string } = {},
): Promise<RepositoryStart> {
  const patterns =
    ref === undefined
      ? ['HEAD']
      : ['HEAD', `refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`];
  const { stdout } = await transport.run(
    gitDir,
    ['ls-remote', '--symref', '--end-of-options', transport.url, ...patterns],
    { signal },
  );
  const start = findStart(stdout, ref);
  if (start) return start;
  const expected = ref === undefined ? 'a repository with a commit' : 'a branch, a tag or a commit';
  throw new AppError('REF_NOT_FOUND', `${field}: expected ${expected}, found none`, {
    details: { field },
  });
}

/** Finds what a ref names in the output of `git ls-remote --symref`. Returns null if there is no such ref. */
export function findStart(listing: string, ref: string | undefined): RepositoryStart | null {
  const refs = new Map<string, string>();
  let branch: string | undefined;
  for (const line of listing.split('\n')) {
    const [value = '', name = ''] = line.split('\t');
    const head = /^ref: refs\/heads\/(.+)$/.exec(value);
    if (head && name === 'HEAD') branch = head[1];
    else if (COMMIT.test(value)) refs.set(name, value);
  }
  if (ref === undefined) return startAtHead(refs.get('HEAD'), branch);
  const [head, tag] = [
    refs.get(`refs/heads/${ref}`),
    refs.get(`refs/tags/${ref}^{}`) ?? refs.get(`refs/tags/${ref}`),
  ];
  if (head !== undefined) return { commit: head, ref, kind: 'branch' };
  if (tag !== undefined) return { commit: tag, ref, kind: 'tag' };
  return COMMIT.test(ref) ? { commit: ref, ref, kind: 'commit' } : null;
}

function startAtHead(
  commit: string | undefined,
  branch: string | undefined,
): RepositoryStart | null {
  if (commit === undefined) return null;
  if (branch === undefined || !SAFE_BRANCH.test(branch))
    return { commit, ref: 'HEAD', kind: 'commit' };
  return { commit, ref: branch, kind: 'branch' };
}
