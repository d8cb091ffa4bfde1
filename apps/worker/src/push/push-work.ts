// Commits what a session changed, and pushes the commit. It is safe to run again after a crash at any line.
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, defined } from '@baton/core/internal';
import { toRepositoryProblem } from '../repository/repository-problem.ts';
import { GitFailedError, type GitOutput } from '../repository/run-git.ts';
import type { Transport } from '../repository/transport.ts';
import { buildCommit } from './build-commit.ts';
import type { GitPerson } from './commit-message.ts';
import type { LocalGit } from './local-git.ts';
import { isUncertain, type PushState, planPush } from './plan-push.ts';
import { findRejection } from './read-push-answer.ts';

/** The work to push, and the calls that the push needs. */
export interface Work {
  /** A bare repository that holds the objects of the capture. */
  git: LocalGit;
  transport: Pick<Transport, 'run' | 'url'>;
  /** Brings a commit of the server, with its files, into the repository. `history`: whether all its ancestors come too. */
  bring(commit: string, history: 'one' | 'all'): Promise<void>;
  /** Stores what is about to be pushed. Rejects if the attempt must not write any more. */
  store(state: PushState): Promise<void>;
  /** Returns the time on MongoDB's clock. */
  now(): Promise<Date>;
  /** Hides secrets in what the server said. */
  mask(text: string): string;
  stored: PushState | undefined;
  base: string;
  branch: string;
  /** The commit of the last capture. Null if there was nothing to capture. */
  capture: string | null;
  include: readonly string[];
  author: GitPerson;
  message: string;
  signal: AbortSignal;
  /** The pauses before the further tries if the server does not answer, in milliseconds. */
  pausesMs: readonly number[];
}

const FIELD = 'workspace.push';

// What git's server says to a commit whose history ends at a commit that none of its branches and tags has.
const SHALLOW = 'shallow update not allowed';

/**
 * Pushes the work, and returns what to store about it: unchanged if there is nothing to push. Throws
 * REPOSITORY_PUSH_REJECTED, and what the transport throws; REPOSITORY_UNAVAILABLE only after the last pause.
 */
export async function pushWork(work: Work): Promise<PushState | undefined> {
  const { stored, branch, base } = work;
  const remote = isUncertain(stored, branch) ? await readBranch(work) : null;
  const plan = planPush(stored, { branch, base, remote });
  for (const commit of new Set([base, plan.parent])) {
    await retrying(work, () => work.bring(commit, 'one'));
  }
  const date = plan.committedAt ?? (await work.now());
  const commit = await buildCommit(work.git, { ...work, parent: plan.parent, date });
  if (commit === null) {
    return plan.isConfirmed && stored ? { ...stored, pushed_at: await work.now() } : stored;
  }
  const state: NewState = {
    branch,
    commit,
    parent: plan.parent,
    committed_at: date,
    ...defined({ previous: plan.expected ?? undefined }),
  };
  await work.store(state);
  await retrying(work, () => pushOnServer(work, state));
  return { ...state, pushed_at: await work.now() };
}

/** What is pushed, with the commit that it adds to. */
type NewState = PushState & { parent: string };

/**
 * Pushes the commit. If no branch and no tag of the server has its parent any more, as after a force-push, the server
 * takes it only with all its history.
 */
async function pushOnServer(work: Work, state: NewState): Promise<void> {
  const reason = await push(work, state);
  if (reason === null) return;
  if (!reason.startsWith(SHALLOW)) throw rejected(work, reason);
  await work.bring(state.parent, 'all');
  const again = await push(work, state);
  if (again !== null) throw rejected(work, again);
}

/** Runs one push. Returns null if the server has the commit now, else why it was refused. */
async function push(work: Work, { commit, previous }: PushState): Promise<string | null> {
  const ref = `refs/heads/${work.branch}`;
  const args = [
    '-c',
    'push.negotiate=true',
    'push',
    '--no-verify',
    `--force-with-lease=${ref}:${previous ?? ''}`,
    '--end-of-options',
    work.transport.url,
    `${commit}:${ref}`,
  ];
  try {
    await runRemote(work, args);
    return null;
  } catch (error) {
    if (!(error instanceof GitFailedError)) throw error;
    const reason = findRejection(error.stderr);
    if (reason === null) throw toProblem(work, error);
    // An earlier try may have succeeded although its answer was lost.
    return (await readBranch(work)) === commit ? null : reason;
  }
}

function rejected({ branch, mask }: Work, reason: string): AppError {
  return new AppError(
    'REPOSITORY_PUSH_REJECTED',
    `${FIELD}: the branch ${branch} could not be pushed: ${mask(reason)}`,
    { details: { field: FIELD } },
  );
}

/** Returns the commit that the branch is at on the server, or null if there is no such branch. */
function readBranch(work: Work): Promise<string | null> {
  const ref = `refs/heads/${work.branch}`;
  const args = ['ls-remote', '--refs', '--end-of-options', work.transport.url, ref];
  return retrying(work, async () => {
    const { stdout } = await runRemote(work, args).catch((error: unknown) => {
      throw toProblem(work, error);
    });
    const lines = stdout.split('\n').map((line) => line.split('\t'));
    return lines.find(([, name]) => name === ref)?.[0] ?? null;
  });
}

function runRemote({ git, transport, signal }: Work, args: readonly string[]): Promise<GitOutput> {
  return transport.run(git.dir, args, { signal, rawErrors: true });
}

function toProblem(work: Work, error: unknown): unknown {
  const problem = toRepositoryProblem(error, FIELD, []);
  if (!(problem instanceof AppError) || problem === error) return problem;
  return new AppError(problem.code, work.mask(problem.message), { details: { field: FIELD } });
}

async function retrying<T>({ pausesMs, signal }: Work, run: () => Promise<T>): Promise<T> {
  for (const pause of pausesMs) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'REPOSITORY_UNAVAILABLE') throw error;
    }
    await delay(pause, undefined, { signal });
  }
  return run();
}
