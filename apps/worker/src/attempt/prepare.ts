import {
  AppError,
  checkParent,
  checkPolicy,
  claudeIdOf,
  type EventStore,
  type IsOurs,
  type Opener,
  type Policy,
  type Session,
  type SessionConfig,
  type SessionStore,
  secretsOf,
  type TranscriptStore,
} from '@baton/core/internal';
import { buildCommand, type Command } from '../claude/command.ts';
import { promptTextOf } from '../claude/prompt-text.ts';
import type { WorkerIdentity } from '../host/identity.ts';
import { formatMarker } from '../host/marker.ts';
import type { RunDirs } from '../host/run-dirs.ts';
import { writePrivateFiles } from '../host/run-dirs.ts';
import type { Masker } from '../masking/masker.ts';
import { createOutputMasker, type OutputMasker } from '../masking/output-masker.ts';
import type { EnvScrub } from '../scrub/env-scrub.ts';
import { NOTHING_RESTORED, type Restored, restoreTranscript } from '../transcript/restore.ts';
import { type History, readHistory } from './history.ts';
import { buildRemainingConfig } from './remaining-turns-and-budget.ts';
import { beginAttempt, transcriptSource } from './resume-or-restart.ts';
import { type DirIdentity, identifyDir, resolveWorkingDir } from './working-dir.ts';

/** The stores that a worker writes. */
export interface AttemptStores {
  sessions: SessionStore;
  events: EventStore;
  transcripts: TranscriptStore;
}

/** What a run needs of its worker. */
export interface PrepareDeps {
  stores: AttemptStores;
  identity: WorkerIdentity;
  workRoot: string;
  policy: Policy;
  /** Whether sessions may have the CLI wake them later. */
  wakeups: 'allow' | 'forbid';
  /** Opens sealed secrets. */
  opener: Opener;
  /** What a child inherits, see claude/base-env.ts. */
  baseEnv: Record<string, string>;
  /** The operator's own secrets, see claude/operator-secrets.ts. */
  secrets: readonly string[];
  /** Masks those of them that are long enough. */
  masker: Masker;
  /** Keeps credentials from tools. */
  scrub: Pick<EnvScrub, 'isOn'>;
}

/** An attempt that is ready to be spawned. */
export interface Prepared {
  command: Command;
  cwd: string;
  /** The working directory as it was found. */
  dirBeforeStart: DirIdentity;
  prompt: string;
  /** Claude's id of the conversation that is begun or resumed. */
  claudeSessionId: string;
  restored: Restored;
  /** The config with what earlier attempts left of its turns and its budget. */
  remainingConfig: SessionConfig;
  /** What earlier attempts left of the session, see history.ts. */
  history: History;
  /** The value of BATON_RUN. */
  marker: string;
  /** Masks the session's and the operator's secrets in what the process says beside events. */
  output: OutputMasker;
}

/**
 * Makes everything that the process needs: transcript, files, working directory. Throws the coded
 * reason why this session cannot run here; nothing runs yet.
 */
export async function prepareAttempt(
  deps: PrepareDeps,
  session: Session,
  fence: number,
  dirs: RunDirs,
): Promise<Prepared> {
  const { stores, identity } = deps;
  checkPolicy(session.config, deps.policy);
  const cwd = await resolveWorkingDir(session, deps.workRoot, deps.policy);
  const dirBeforeStart = await identifyDir(cwd, session);
  const source = transcriptSource(session);
  const lineage = source === 'none' ? [] : await lineageOf(stores.sessions, session, source);
  const restored =
    lineage.length === 0
      ? NOTHING_RESTORED
      : await restoreTranscript(
          stores.transcripts,
          lineage,
          session,
          dirs.project,
          deps.masker.inJson(promptTextOf(session)),
        );
  const claudeSessionId = lineage[0] ? claudeIdOf(lineage[0]) : session.root_session_id;
  const history = await readHistory(stores.events, session, restored);
  const beginning = beginAttempt(session, restored);
  const remainingConfig = buildRemainingConfig(session);
  const marker = formatMarker({ ...identity, sessionId: session.id, fence });
  const { config, opened } = await deps.opener.config(
    remainingConfig,
    isOfConversation(stores, session),
  );
  // The policy is checked once more: sealed values could not be judged before they were opened.
  if (opened.length > 0) checkPolicy(config, deps.policy);
  const command = buildCommand({
    config,
    claudeSessionId,
    resume: beginning.resume,
    prompt: beginning.prompt,
    dirs,
    sessionId: session.id,
    runId: session.run_id,
    marker,
    baseEnv: deps.baseEnv,
    policy: deps.policy,
    wakeups: deps.wakeups,
    scrubsEnv: deps.scrub.isOn(),
  });
  await writePrivateFiles(command.files);
  return {
    command,
    cwd,
    dirBeforeStart,
    prompt: beginning.prompt,
    claudeSessionId,
    restored,
    remainingConfig,
    history,
    marker,
    output: createOutputMasker([...secretsOf(config), ...opened, ...deps.secrets]),
  };
}

/** The sessions whose bytes make up a transcript, nearest first; checks the parent of a continue. */
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
  if (!own) throw new AppError('TRANSCRIPT_CORRUPT', `session ${session.id} has no document`);
  return [own, ...ancestors];
}

// What a continue inherits was sealed for a session before it.
function isOfConversation({ sessions }: AttemptStores, session: Session): IsOurs {
  let ids: Promise<string[]> | undefined;
  return async (id) => {
    if (id === session.id) return true;
    ids ??= sessions.ancestry(session).then((chain) => chain.map((link) => link.id));
    return (await ids).includes(id);
  };
}
