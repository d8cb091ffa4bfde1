import { mkdir, rm } from 'node:fs/promises';
import {
  claudeIdOf,
  continuePointMissing,
  mainTranscriptPath,
  promptUuidOf,
  type Session,
  type TranscriptFile,
  type TranscriptStore,
} from '@baton/core/internal';
import { type CostState, readCostState } from '../claude/cost-state.ts';
import { parseLine, usageOf } from '../claude/line.ts';
import { isEntryOf } from './entry-of.ts';
import { findCutTime, type SearchedFiles } from './find-cut-time.ts';
import { createKnownIds, type KnownIds } from './known-ids.ts';
import { createPromptFinder } from './prompt-finder.ts';
import { createRecentMessages } from './recent-messages.ts';
import { writeSavedFile } from './saved-file.ts';
import { takenMessagesIn, uuidsIn } from './taken-messages.ts';
import type { TrackedFile } from './tracked-file.ts';
import { type CutOptions, createTranscriptCut, type TranscriptCut } from './transcript-cut.ts';

/** The state that an attempt starts from, as its restored transcript shows it. */
export interface Restored {
  files: TrackedFile[];
  /** The cost totals that the CLI continues from, or null. */
  costState: CostState | null;
  /** Whether the session's own part of the transcript already holds its prompt. */
  holdsPrompt: boolean;
  /** Whether the session's own part shows that the CLI ran a slash command itself, without calling the model. */
  ranCommand: boolean;
  /**
   * The ids of the entries in the session's own part, and of the messages that these entries hold.
   */
  uuids: ReadonlySet<string>;
  /** The newest message entries of the session's own part of the main file, oldest first. */
  messages: readonly string[];
  /** The ids of all API messages in the main file, including the messages of ancestors. */
  messageIds: Pick<KnownIds, 'has'>;
  /** Whether lines were cut that a capture of the workspace does not cover. */
  isCut: boolean;
  /** The ids in the lines that were cut: of entries, and of the messages that these entries hold. */
  cutIds: ReadonlySet<string>;
  /**
   * Whether a file was not cut although it may go beyond the capture, because it was rewritten since.
   */
  isUncertain: boolean;
  /**
   * The calls beyond the capture that may have had effects, as one line each (transcript-cut.ts).
   * They are what was cut, unless the calls are only reported.
   */
  cutCalls: readonly string[];
}

/** Nothing to restore: a new conversation. */
export const NOTHING_RESTORED: Restored = Object.freeze({
  files: [],
  costState: null,
  holdsPrompt: false,
  ranCommand: false,
  uuids: new Set<string>(),
  messages: [],
  messageIds: { has: () => false },
  isCut: false,
  cutIds: new Set<string>(),
  isUncertain: false,
  cutCalls: [],
});

/** What a restore needs besides the sessions. */
export interface RestoreOptions {
  /**
   * The prompt of the session as a transcript holds it, or null if only its uuid is searched for. Default: its query.
   */
  prompt?: string | null;
  /**
   * The capture that the session's files come from. The transcript of a parent is never cut: the
   * calls beyond the capture are only reported. Default: nothing is cut and nothing is reported.
   */
  cut?: CutOptions;
}

/**
 * Writes a transcript into an empty project folder, byte for byte. A transcript without a message
 * is not restored. If the session continues from the middle of its parent, the parent's main file
 * is cut there. With `cut`, the session's own files end before what a capture of the workspace does
 * not cover, and the result describes only what was kept. Throws TRANSCRIPT_CORRUPT if a byte
 * differs from what was saved, or if a path cannot be a file, and EVENT_NOT_IN_TRANSCRIPT if the
 * place to cut is not in the file.
 *
 * @param lineage The session that the transcript belongs to, then its ancestors, nearest first.
 * @param session The session that continues from the transcript.
 */
export async function restoreTranscript(
  store: TranscriptStore,
  lineage: readonly Session[],
  session: Session,
  projectDir: string,
  { prompt = session.query, cut: cutOptions }: RestoreOptions = {},
): Promise<Restored> {
  const source = lineage[0];
  if (!source) return NOTHING_RESTORED;
  const claudeId = claudeIdOf(source);
  const main = mainTranscriptPath(claudeId);
  const isOwn = source.id === session.id;
  const point = isOwn ? undefined : session.continues_at;
  let isPointFound = false;
  const wanted = source.transcript.files.filter(({ path }) => !isOfAnother(path, claudeId));
  const cut = await createCut(store, { files: wanted, lineage }, limitTo(isOwn, cutOptions));
  const uuids = new Set<string>();
  const cutIds = new Set<string>();
  const promptUuid = promptUuidOf(session.id);
  const messageIds = createKnownIds();
  const entryIds = createKnownIds();
  const restored: Restored = { ...NOTHING_RESTORED, files: [], uuids, messageIds };
  const recent = createRecentMessages();
  let holdsMessage = false;
  async function restoreFile(file: TranscriptFile): Promise<void> {
    const ownFrom = isOwn ? file.base : file.length;
    const finder = createPromptFinder(prompt, ownFrom);
    const onLine = (line: string, offset: number): void => {
      const ids = uuidsIn(line);
      if (offset >= ownFrom) for (const uuid of ids) uuids.add(uuid);
      if (file.path !== main) return;
      if (offset >= ownFrom) for (const id of takenMessagesIn(line)) uuids.add(id);
      holdsMessage ||= MESSAGE.test(line);
      restored.costState = readCostState(line) ?? restored.costState;
      // After a compaction the CLI appends old entries again under their old ids. They are skipped here.
      const isRepeated = ids.length > 0 && ids.every((id) => entryIds.has(id));
      for (const id of ids) entryIds.add(id);
      if (isRepeated) return;
      const messageId = line.includes(ASSISTANT) && usageOf(parseLine(line))?.messageId;
      if (messageId) messageIds.add(messageId);
      finder.observe(line, offset);
      if (offset < ownFrom) return;
      restored.ranCommand ||= line.includes('"subtype":"local_command"');
      recent.observe(line);
    };
    const isLast = (line: string): boolean => {
      if (file.path !== main || point === undefined || !isEntryOf(line, point.uuid)) return false;
      isPointFound = true;
      return true;
    };
    const onCut = (line: string): void => {
      for (const id of [...uuidsIn(line), ...takenMessagesIn(line)]) cutIds.add(id);
    };
    const saved = { file, lineage, cut: cut.ofFile(file), isLast, onLine, onCut };
    const written = await writeSavedFile(store, saved, projectDir);
    if (written === null) return;
    const { hash, length } = written;
    restored.holdsPrompt ||= finder.found() || uuids.has(promptUuid);
    restored.files.push({
      path: file.path,
      base: isOwn ? file.base : length,
      generation: isOwn ? file.generation : 0,
      asStored: length,
      length,
      hash,
      hasParts: file.has_parts === true,
    });
  }

  for (const files of batches(wanted, FILES_AT_ONCE)) {
    await Promise.all(files.map(restoreFile));
  }
  if (point && !isPointFound) throw continuePointMissing(point);
  const cutFacts = {
    isCut: cut.isCut(),
    cutIds,
    isUncertain: cut.isUncertain(),
    cutCalls: cut.calls(),
  };
  if (holdsMessage) return { ...restored, ...cutFacts, messages: recent.lines() };
  await rm(projectDir, { recursive: true });
  await mkdir(projectDir, { recursive: true, mode: 0o700 });
  return { ...NOTHING_RESTORED, ...cutFacts };
}

function limitTo(isOwn: boolean, options?: CutOptions): CutOptions | undefined {
  return options && !isOwn ? { ...options, isOnlyReported: true } : options;
}

async function createCut(
  store: TranscriptStore,
  searched: SearchedFiles,
  options?: CutOptions,
): Promise<TranscriptCut> {
  if (!options || options.isOnlyReported) return createTranscriptCut(options);
  return createTranscriptCut(options, await findCutTime(store, searched, options));
}

// The command /clear starts another conversation of the CLI. The files of the earlier conversation stay with the
// sessions that wrote them, and are not restored.
function isOfAnother(path: string, claudeId: string): boolean {
  const [, owner] = /^([0-9a-f]{8}-[0-9a-f-]{27})(?:\/|\.jsonl$)/.exec(path) ?? [];
  return owner !== undefined && owner !== claudeId;
}

// A session may have hundreds of sub-agents. Each has a small file that takes one round trip to the store.
const FILES_AT_ONCE = 8;

function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

// The CLI writes other entries before the prompt. It refuses to resume a transcript without a message ("No conversation
// found"), so a session that was stopped before its first message starts from the beginning.
const MESSAGE = /"type":"(user|assistant)"/;
const ASSISTANT = '"type":"assistant"';
