// Puts together what a push needs: the objects of the capture, the mirror of the repository, the transport.

import { repositoryOf } from '@baton/core/captures';
import { AppError, type Capture, isNothingCaptured, type Workspace } from '@baton/core/internal';
import { CaptureCorruptError, CaptureFailedError } from '../capture/capture-engine.ts';
import { removeTree } from '../host/folders.ts';
import type { RunDirs } from '../host/run-dirs.ts';
import { commitMessage } from '../push/commit-message.ts';
import { LocalGitError, openLocalGit } from '../push/local-git.ts';
import type { PushState } from '../push/plan-push.ts';
import { makePushRepository, takeObjects } from '../push/push-repository.ts';
import { pushWork } from '../push/push-work.ts';
import type { GitSettings } from '../repository/git-settings.ts';
import { openMirror } from '../repository/mirror.ts';
import { openTransport, type Transport } from '../repository/transport.ts';
import { fetchPacks } from '../workspace/fetch-packs.ts';
import type { AttemptContext, AttemptDeps } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';

/** How long a push waits before it tries again if the server does not answer, in milliseconds. */
const PAUSES_MS = [1_000, 2_000, 4_000];

/** The attempt whose work is pushed. */
export interface PushSource {
  prepared: Prepared;
  dirs: RunDirs;
}

/** What is pushed, and the calls that go back to the attempt. */
export interface PushRequest {
  /** The workspace with its last capture. */
  workspace: Workspace;
  signal: AbortSignal;
  /** Stores what is about to be pushed. Rejects if the attempt must not write any more. */
  store(state: PushState): Promise<void>;
}

/**
 * Commits and pushes what the last capture of a session holds. Resolves to what to store about it. Throws an AppError
 * with one of the codes of repositories; CaptureFailedError if this host is the cause.
 */
export async function pushFromCapture(
  context: AttemptContext,
  { prepared, dirs }: PushSource,
  { workspace, signal, store }: PushRequest,
): Promise<PushState | undefined> {
  const { deps, session, log } = context;
  const { repository, planned, output } = prepared;
  const { base, capture, push: stored } = workspace;
  if (!repository?.push || !planned || !base || !capture) {
    throw new AppError(
      'REPOSITORY_PUSH_REJECTED',
      'workspace.push: this conversation did not begin from a repository, so it has nothing to push to',
      { details: { field: 'workspace.push' } },
    );
  }
  const access = deps.repositories;
  if (!access) throw new CaptureFailedError('this worker cannot reach repositories');
  const git = { ...access.git, marker: prepared.marker };
  const { shadow } = planned.location;
  await fetchCapture(deps, shadow, capture);
  const dir = await makePushRepository(shadow, repositoryOf(shadow));
  const transport = openTransport({
    repository,
    policy: deps.policy,
    operatorCredentials: access.operatorCredentials,
    git,
    dirs,
    field: 'workspace.push',
  });
  const { branch, message, author } = repository.push;
  try {
    return await pushWork({
      git: openLocalGit(dir, git),
      transport,
      bring(commit, history) {
        const depth = history === 'all' || repository.depth === 0 ? 0 : 1;
        return bring(deps, { dir, url: repository.url, depth, transport, git, commit, signal });
      },
      store,
      now: () => deps.clock.now(),
      mask: output.text,
      stored,
      base: base.commit,
      branch,
      capture: isNothingCaptured(capture) ? null : capture.commit,
      include: planned.include,
      author: author ?? deps.gitAuthor,
      message: commitMessage(session, message),
      signal,
      pausesMs: PAUSES_MS,
    });
  } catch (error) {
    const isOfHost = error instanceof LocalGitError || error instanceof CaptureCorruptError;
    throw isOfHost ? new CaptureFailedError(error.message) : error;
  } finally {
    await transport.close();
    await removeTree(dir).catch((error: unknown) =>
      log.warn(
        { err: error, path: dir },
        'the repository of a push could not be removed; the next push removes it',
      ),
    );
  }
}

// The attempt that took the capture may have run on another host. The repository here may be damaged.
async function fetchCapture(
  { stores, workspace: { engine } }: AttemptDeps,
  shadow: string,
  capture: Capture,
): Promise<void> {
  if (isNothingCaptured(capture) || !engine) return;
  const deps = { captures: stores.captures, engine };
  try {
    await fetchPacks(deps, shadow, capture);
  } catch (error) {
    if (!(error instanceof CaptureCorruptError)) throw error;
    await removeTree(repositoryOf(shadow));
    await fetchPacks(deps, shadow, capture);
  }
}

/** Brings a commit of the server into the repository of the push, by way of the mirror on this host. */
async function bring(
  { workRoot, workspace: { maxBytes } }: AttemptDeps,
  {
    dir,
    url,
    depth,
    transport,
    git,
    commit,
    signal,
  }: {
    dir: string;
    url: string;
    depth: 0 | 1;
    transport: Transport;
    git: GitSettings;
    commit: string;
    signal: AbortSignal;
  },
): Promise<void> {
  const mirror = await openMirror({ workRoot, url, depth, git, signal });
  try {
    await mirror.fetch(transport, commit, { maxBytes, field: 'workspace.push' });
    await takeObjects(dir, mirror.gitDir);
  } finally {
    await mirror.close();
  }
}
