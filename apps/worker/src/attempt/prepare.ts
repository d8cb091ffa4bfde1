import {
  AppError,
  type CaptureStore,
  checkParent,
  checkPolicy,
  claudeIdOf,
  defined,
  type EventStore,
  type FileStore,
  findOpenableSessions,
  type IsOurs,
  type Opener,
  type Policy,
  type RepositoryConfig,
  type Session,
  type SessionConfig,
  type SessionStore,
  secretsOf,
  type TranscriptStore,
  workspaceOf,
} from '@baton/core/internal';
import { buildCommand, type Command } from '../claude/command.ts';
import type { UserMessage } from '../claude/input-lines.ts';
import { promptTextOf } from '../claude/prompt-text.ts';
import type { WorkerIdentity } from '../host/identity.ts';
import { formatMarker } from '../host/marker.ts';
import type { RunDirs } from '../host/run-dirs.ts';
import { writePrivateFiles } from '../host/run-dirs.ts';
import type { Masker } from '../masking/masker.ts';
import { createOutputMasker, type OutputMasker } from '../masking/output-masker.ts';
import type { ClonedBase } from '../repository/clone-repository.ts';
import type { RepositoryAccess } from '../repository/git-settings.ts';
import type { EnvScrub } from '../scrub/env-scrub.ts';
import { buildSetupEnv } from '../setup/setup-env.ts';
import { NOTHING_RESTORED, type Restored, restoreTranscript } from '../transcript/restore.ts';
import type { DirectoryOrigin } from '../uploads/plan-uploads.ts';
import type { WorkspaceSettings } from '../workspace/workspace-settings.ts';
import { checkContentFiles } from './content-reader.ts';
import { type History, readHistory } from './history.ts';
import {
  cutCallsOf,
  cutOf,
  type PlannedWorkspace,
  planWorkspace,
  workspaceNotes,
} from './plan-workspace.ts';
import { readyWorkspace } from './ready-workspace.ts';
import { buildRemainingConfig } from './remaining-turns-and-budget.ts';
import { beginAttempt, transcriptSource } from './resume-or-restart.ts';
import { checkPluginDirs, type DirIdentity, findGivenDir, identifyDir } from './working-dir.ts';

/** The stores that an attempt reads and writes. */
export interface AttemptStores {
  sessions: SessionStore;
  events: EventStore;
  transcripts: TranscriptStore;
  captures: CaptureStore;
  files: Pick<FileStore, 'get' | 'read'>;
}

/** What the preparation of an attempt needs from its worker. */
export interface PrepareDeps {
  stores: AttemptStores;
  identity: WorkerIdentity;
  workRoot: string;
  /** How this worker captures workspaces. */
  workspace: WorkspaceSettings;
  /** How this worker reaches repositories. Null if it cannot. */
  repositories: RepositoryAccess | null;
  policy: Policy;
  /** Whether a session may schedule wake-ups, which make the CLI continue the session later. */
  wakeups: 'allow' | 'forbid';
  /** Opens sealed secrets. */
  opener: Opener;
  /** The environment variables that the CLI inherits from the worker (claude/base-env.ts). */
  baseEnv: Record<string, string>;
  /** The operator's own secrets (claude/operator-secrets.ts). */
  secrets: readonly string[];
  /** Masks the operator's secrets, except secrets that are too short. */
  masker: Masker;
  /** Says whether the CLI keeps its credentials from tools. */
  scrub: Pick<EnvScrub, 'isOn'>;
}

/** Everything that a process needs before it is spawned. */
export interface Prepared {
  command: Command;
  cwd: string;
  /** How the attempt got its directory. */
  origin: DirectoryOrigin;
  /** The session's managed workspace. Null if the caller named a directory. */
  planned: PlannedWorkspace | null;
  /** What the workspace has begun from, if it was cloned now. */
  base?: ClonedBase;
  /** The identity of the working directory before the process starts. */
  dirBeforeStart: DirIdentity;
  /** The first message to the CLI, unless messages of callers take its place. */
  prompt: UserMessage;
  /** Whether the last turn is over, so that messages of callers take the place of the prompt. */
  isTurnOver: boolean;
  /** Claude's session id of the conversation that the process begins or resumes. */
  claudeSessionId: string;
  restored: Restored;
  /** The config, with the turns and the budget that earlier attempts did not use. */
  remainingConfig: SessionConfig;
  /** What earlier attempts of the session left (history.ts). */
  history: History;
  /** The value of BATON_RUN. */
  marker: string;
  /** The repository of the workspace, with its secrets opened. Undefined if there is none. */
  repository: RepositoryConfig | undefined;
  /** The environment of the workspace's setup commands. */
  setupEnv: Record<string, string>;
  /** Masks the session's and the operator's secrets in all output except events. */
  output: OutputMasker;
}

/**
 * Prepares everything that the process needs: working directory, transcript, secrets, files. Starts
 * no process of the CLI. Throws an AppError if this session cannot run here. Errors of the host and of the
 * stores pass through.
 *
 * @param signal Ends a clone. The call then rejects with any error.
 */
export async function prepareAttempt(
  deps: PrepareDeps,
  session: Session,
  fence: number,
  dirs: RunDirs,
  signal: AbortSignal,
): Promise<Prepared> {
  const { stores, identity } = deps;
  checkPolicy(session.config, deps.policy);
  const given = await findGivenDir(session.config, deps.policy);
  await checkPluginDirs(session.config, deps.policy);
  const planned = await planWorkspace(deps, session);
  const source = transcriptSource(session);
  const lineage = source === 'none' ? [] : await lineageOf(stores.sessions, session, source);
  const restored =
    lineage.length === 0
      ? NOTHING_RESTORED
      : await restoreTranscript(stores.transcripts, lineage, session, dirs.project, {
          // The entry of a prompt of blocks is found by its uuid.
          prompt: session.config.content ? null : deps.masker.inJson(promptTextOf(session)),
          ...defined({ cut: cutOf(planned, source) }),
        });
  const remainingConfig = buildRemainingConfig(session);
  const marker = formatMarker({ ...identity, sessionId: session.id, fence });
  const { config, opened } = await deps.opener.config(remainingConfig, isOpenable(stores, session));
  // Sealed values could not be checked before they were opened, so the policy is checked again.
  if (opened.length > 0) checkPolicy(config, deps.policy);
  const ready =
    planned && (await readyWorkspace(deps, planned, { config, marker, fence, dirs, signal }));
  const cwd = ready?.cwd ?? given ?? '';
  const dirBeforeStart = await identifyDir(cwd, session.config);
  const claudeSessionId = lineage[0] ? claudeIdOf(lineage[0]) : session.root_session_id;
  const history = await readHistory(stores.events, session, restored);
  const notes = planned ? workspaceNotes(planned, cwd, restored) : [];
  const cutCalls = cutCallsOf(session, restored);
  const beginning = beginAttempt(
    session,
    { ...restored, cutCalls },
    { answer: history.answer, notes },
  );
  if (beginning.prompt.blocks) await checkContentFiles(stores.files, beginning.prompt.blocks);
  const repository = repositoryOf(config);
  if (repository?.push && deps.workspace.whyNot === 'capture_off') throw pushNeedsCaptures();
  const command = buildCommand({
    config,
    claudeSessionId,
    resume: beginning.resume,
    clearsAgent: beginning.resume && getAgent(config) === undefined && lineage.some(hasAgent),
    dirs,
    sessionId: session.id,
    runId: session.run_id,
    marker,
    baseEnv: deps.baseEnv,
    policy: deps.policy,
    wakeups: deps.wakeups,
    scrubsEnv: deps.scrub.isOn(),
    notes: beginning.systemNotes,
  });
  await writePrivateFiles(command.files);
  return {
    command,
    cwd,
    origin: ready?.origin ?? 'given',
    planned,
    ...defined({ base: ready?.base }),
    dirBeforeStart,
    prompt: beginning.prompt,
    isTurnOver: beginning.isTurnOver,
    claudeSessionId,
    restored,
    remainingConfig,
    history,
    marker,
    repository,
    setupEnv: buildSetupEnv({
      config,
      baseEnv: deps.baseEnv,
      sessionId: session.id,
      runId: session.run_id,
      marker,
    }),
    output: createOutputMasker([...secretsOf(config), ...opened, ...deps.secrets]),
  };
}

function hasAgent({ config }: Session): boolean {
  return getAgent(config) !== undefined;
}

// The key of the config and the setting of the CLI do the same.
function getAgent({ agent, settings }: SessionConfig): unknown {
  return agent ?? settings?.['agent'];
}

// What is pushed comes from the last capture. Without git (the other reason), there is no repository at all.
function pushNeedsCaptures(): AppError {
  return new AppError(
    'OPTION_NOT_ALLOWED',
    'workspace.push: this worker captures no files (WORKSPACE_CAPTURE=off), so it cannot push them; leave push out',
    { details: { field: 'workspace.push' } },
  );
}

function repositoryOf(config: SessionConfig): RepositoryConfig | undefined {
  const choice = workspaceOf(config);
  return choice.type === 'managed' ? choice.repository : undefined;
}

/**
 * Returns the sessions whose bytes make up the transcript, nearest first. Throws if a continued
 * session may not use its parent.
 */
async function lineageOf(
  sessions: SessionStore,
  session: Session,
  source: 'own' | 'parent',
): Promise<Session[]> {
  const chain = await sessions.ancestry(session);
  const ids = chain.map((link) => link.id).reverse();
  const [own, ...ancestors] = await sessions.getMany(ids);
  const parentId = session.parent_session_id;
  if (parentId !== undefined) {
    const parent = ancestors[0]?.id === parentId ? ancestors[0] : await sessions.get(parentId);
    checkParent(parentId, parent);
  }
  if (source === 'parent') return ancestors;
  if (!own) {
    throw new AppError(
      'TRANSCRIPT_CORRUPT',
      `expected a document of session ${session.id} in MongoDB, found none; its transcript cannot be restored`,
    );
  }
  return [own, ...ancestors];
}

// A continued session inherits secrets that were sealed for an earlier session of its conversation.
// A rerun has secrets that were sealed for the session that it runs again.
function isOpenable({ sessions }: AttemptStores, session: Session): IsOurs {
  let ids: Promise<Set<string>> | undefined;
  return async (id) => {
    if (id === session.id) return true;
    ids ??= findOpenableSessions(sessions, session);
    return (await ids).has(id);
  };
}
