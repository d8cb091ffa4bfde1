// Captures the files of a session during an attempt and at its end.
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import {
  type Capture,
  captureNothing,
  defined,
  type TranscriptManifest,
  type Workspace,
  type WorkspaceNotPortableReason,
} from '@baton/core/internal';
import type { CaptureEngine, CaptureRequest, CaptureResult } from '../capture/capture-engine.ts';
import type { WorkspaceLocation } from '../workspace/layout.ts';
import { directoryExists } from '../workspace/make-directory.ts';
import { writeMark } from '../workspace/mark.ts';
import type { AttemptContext } from './attempt-context.ts';
import { type CapturePacks, followPacks } from './capture-packs.ts';
import { createCaptureTimer } from './capture-timer.ts';
import type { PlannedWorkspace } from './plan-workspace.ts';
import type { Prepared } from './prepare.ts';
import type { TranscriptCopy } from './transcript-copy.ts';
import { writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** The captures of one attempt. */
export interface AttemptCaptures {
  /**
   * Settles once the files with which the session begins are stored, or cannot be stored. Until then, the CLI gets no
   * message. Absent if the attempt need not wait. Never rejects.
   */
  startStored?: Promise<void>;
  /** From this call on, each capture begins with a copy of the transcript, so that it covers the calls that its files show. */
  follow(copy: Pick<TranscriptCopy, 'copyNow'>): void;
  /** Reports that a tool may have changed files. A capture follows soon. */
  filesChanged(): void;
  /**
   * Captures the files for the last time and returns the workspace as the attempt's ending stores it. Called once no
   * process of the session runs any more.
   *
   * @param transcript The complete transcript. Absent if it could not be saved; then the files agree with what was saved last.
   * @param options Whether the model has answered in this attempt. If not, the next attempt names the cut calls again.
   */
  finish(
    transcript: TranscriptManifest | undefined,
    options: { hasAnswered: boolean },
  ): Promise<Workspace>;
  /** Removes the packs that no capture needs any more. Called once the ending is stored. Never rejects. */
  dropUnneededPacks(): Promise<void>;
}

/** Returns the captures of a workspace that does not travel: they do nothing. */
export function withoutCaptures(workspace: Workspace): AttemptCaptures {
  return {
    follow() {},
    filesChanged() {},
    finish: () => Promise.resolve(workspace),
    dropUnneededPacks: () => Promise.resolve(),
  };
}

/** What the captures of an attempt start from. */
export interface CapturedAttempt extends Pick<Prepared, 'restored'> {
  /** The workspace as the attempt stored it when it took it. */
  taken: Workspace;
  planned: PlannedWorkspace;
  engine: CaptureEngine;
  /** Whether the session begins with files that must be stored before anything changes them. */
  mustCaptureStart: boolean;
}

/** Starts the captures of an attempt that has taken its workspace. */
export function startCaptures(
  context: AttemptContext,
  { taken, planned, restored, engine, mustCaptureStart }: CapturedAttempt,
): AttemptCaptures {
  const { deps, session, attempt, recorder, log } = context;
  const { location } = planned;
  const packs = followPacks(taken.capture);
  let workspace = taken;
  // Whether the model has read this attempt's prompt, and with it the calls that were cut.
  let hasAnswered = false;
  // When the newest capture began, on MongoDB's clock.
  let beganAt = attempt.started_at;

  function stay(reason: WorkspaceNotPortableReason): void {
    workspace = { ...workspace, portable: false, reason };
  }

  async function capture(isLast: boolean, covered: Capture['transcript']): Promise<void> {
    // An agent may replace its directory by a link. Nothing behind the link is captured.
    if (!(await directoryExists(location.path))) return stay('capture_failed');
    const result = await engine.capture(requestOf(context, planned, packs.next(isLast)));
    if (result.kind === 'too_large') return stay('too_large');
    if (result.kind === 'captured') await store(result, covered);
    else if (!result.isBehind)
      setCapture(workspace.capture ?? captureNothing(beganAt, attempt.attempt, covered), covered);
  }

  async function store(
    result: Extract<CaptureResult, { kind: 'captured' }>,
    covered: Capture['transcript'],
  ): Promise<void> {
    const { commit, pack, isSelfContained, files, bytes, leftOut, isTorn, isBehind } = result;
    const before = workspace.capture?.transcript ?? lengthsOf(restored);
    try {
      const stored = await upload(context, pack);
      if (!stored) throw new Error('the attempt must not write any more');
      const ref = { session_id: session.id, id: pack.id, bytes: pack.bytes };
      const refs = packs.add(commit, ref, isSelfContained);
      const torn = isTorn ? ({ torn: true } as const) : {};
      setCapture(
        { commit, packs: refs, files, bytes, left_out: leftOut, ...torn },
        isBehind ? before : covered,
      );
    } finally {
      await rm(pack.file, { force: true });
    }
  }

  function setCapture(found: CapturedFiles, transcript: Capture['transcript']): void {
    const taken_at = beganAt;
    const newest = { ...found, taken_at, attempt: attempt.attempt, transcript };
    workspace = withCapture(workspace, newest, hasAnswered);
  }

  // A capture that fails must not fail the session: the files stay on this host.
  async function tryCapture(isLast: boolean, covered: Capture['transcript']): Promise<void> {
    try {
      beganAt = await deps.clock.now();
      await capture(isLast, covered);
    } catch (error) {
      stay('capture_failed');
      log.error(
        { err: error, path: location.path },
        "the session's files could not be captured; they stay on this host until a capture succeeds",
      );
    }
  }

  const savedLengths = () => lengthsOf(recorder.savedTranscript() ?? restored);

  let copy: Pick<TranscriptCopy, 'copyNow'> | undefined;
  async function saveTranscript(): Promise<void> {
    await copy?.copyNow();
    await recorder.heartbeat(); // commits the copy
  }

  const timer = createCaptureTimer(async () => {
    await tryCapture(false, savedLengths());
    recorder.amend({ workspace });
  }, saveTranscript);
  async function captureStart(): Promise<void> {
    await tryCapture(false, savedLengths());
    const { capture: start, portable } = workspace;
    if (start && portable) {
      workspace = { ...workspace, start };
      packs.keep();
    }
    recorder.amend({ workspace });
    await recorder.heartbeat();
  }

  const startStored = mustCaptureStart ? captureStart() : undefined;
  // A directory that no capture holds is captured at once, and not only after the first tool.
  if (!taken.capture && !startStored) timer.filesChanged();

  return {
    ...defined({ startStored }),
    follow(started) {
      copy = started;
    },
    filesChanged() {
      hasAnswered = true;
      timer.filesChanged();
    },
    async finish(transcript, options) {
      hasAnswered ||= options.hasAnswered;
      await startStored;
      await timer.stop();
      if (!recorder.mustStopWriting) {
        await tryCapture(true, transcript ? lengthsOf(transcript) : savedLengths());
      }
      await leaveWorkspace(context, engine, { location, bytes: workspace.capture?.bytes ?? 0 });
      return workspace;
    },
    dropUnneededPacks: () => dropPacks(context, packs.unneeded()),
  };
}

/** `hasAnswered`: the model knows the calls that were cut. */
function withCapture(workspace: Workspace, capture: Capture, hasAnswered: boolean): Workspace {
  const { reason: _, cut_calls, ...kept } = workspace;
  return {
    ...kept,
    ...defined({ cut_calls: hasAnswered ? undefined : cut_calls }),
    // Every capture of an attempt begins after the session's uploaded files were put into the directory.
    ...defined({ uploads: kept.uploads && ('captured' as const) }),
    portable: true,
    capture,
  };
}

async function dropPacks(
  { deps, session, log }: AttemptContext,
  unneeded: readonly string[],
): Promise<void> {
  if (unneeded.length === 0) return;
  await deps.stores.captures
    .removePacks(session.id, unneeded)
    .catch((error: unknown) =>
      log.warn(
        { err: error },
        'parts of earlier captures could not be removed; they stay until the conversation is deleted',
      ),
    );
}

function requestOf(
  { deps: { secrets, workspace } }: AttemptContext,
  { location: { path, shadow }, include }: PlannedWorkspace,
  earlier: ReturnType<CapturePacks['next']>,
): CaptureRequest {
  const { maxBytes, maxFiles } = workspace;
  return { tree: path, shadow, ...earlier, include, secrets, maxBytes, maxFiles };
}

// What the engine remembers goes to disk for the next attempt on this host. The mark says how much disk the files take.
async function leaveWorkspace(
  { session, attempt, recorder, log }: AttemptContext,
  engine: CaptureEngine,
  { location: { shadow }, bytes }: { location: WorkspaceLocation; bytes: number },
): Promise<void> {
  await engine
    .release(shadow)
    .catch((error: unknown) =>
      log.warn(
        { err: error, path: shadow },
        'the scan of the workspace could not be saved; the next capture reads every file',
      ),
    );
  // If another attempt holds the session, the mark is that attempt's.
  if (recorder.mustStopWriting) return;
  const mark = { session_id: session.id, fence: attempt.fence, bytes };
  await writeMark(shadow, mark).catch((error: unknown) =>
    log.warn(
      { err: error, path: shadow },
      'the mark of the workspace could not be written; the next attempt restores the files',
    ),
  );
}

/** Returns the lengths of the files that a manifest names. */
export function lengthsOf({ files }: { files: Capture['transcript'] }): Capture['transcript'] {
  return files.map(({ path, generation, length }) => ({ path, generation, length }));
}

async function upload(
  { deps, session, writeOptions }: AttemptContext,
  { file, id }: { file: string; id: string },
): Promise<boolean> {
  const owner = { session_id: session.id, root_session_id: session.root_session_id };
  const done = await writeUntilAcknowledged(async () => {
    await deps.stores.captures.put(owner, id, createReadStream(file));
    return true;
  }, writeOptions);
  return done === true;
}

/** What a capture holds, apart from when it was taken. */
type CapturedFiles = Omit<Capture, 'taken_at' | 'attempt' | 'transcript'>;
