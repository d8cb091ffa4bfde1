import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import {
  AppError,
  claudeIdOf,
  continuePointMissing,
  mainTranscriptPath,
  promptUuidOf,
  type Session,
  type TranscriptFile,
  type TranscriptStore,
} from '@baton/core/internal';
import { type CostState, readCostState } from '../claude/cost-state.ts';
import { createFramer } from '../claude/framer.ts';
import { parseLine, usageOf } from '../claude/line.ts';
import { isEntryOf } from './entry-of.ts';
import { createKnownIds, type KnownIds } from './known-ids.ts';
import { createPromptFinder } from './prompt-finder.ts';
import { createRecentMessages } from './recent-messages.ts';
import { takenMessagesIn, uuidsIn } from './taken-messages.ts';
import type { TrackedFile } from './tracked-file.ts';

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
});

/**
 * Writes a transcript into an empty project folder, byte for byte. A transcript without a message
 * is not restored. If the session continues from the middle of its parent, the parent's main file
 * is cut there. Throws TRANSCRIPT_CORRUPT if a byte differs from what was saved, or if a path
 * cannot be a file, and EVENT_NOT_IN_TRANSCRIPT if the place to cut is not in the file.
 *
 * @param lineage The session that the transcript belongs to, then its ancestors, nearest first.
 * @param session The session that continues from the transcript.
 * @param prompt The prompt of `session` as a transcript holds it. Default: its query.
 */
export async function restoreTranscript(
  store: TranscriptStore,
  lineage: readonly Session[],
  session: Session,
  projectDir: string,
  prompt = session.query,
): Promise<Restored> {
  const source = lineage[0];
  if (!source) return NOTHING_RESTORED;
  const claudeId = claudeIdOf(source);
  const main = mainTranscriptPath(claudeId);
  const isOwn = source.id === session.id;
  const point = isOwn ? undefined : session.continues_at;
  let isCut = false;
  const uuids = new Set<string>();
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
      isCut = true;
      return true;
    };
    const saved = { file, lineage };
    const { hash, length } = await writeFile(store, saved, projectDir, { onLine, isLast });
    restored.holdsPrompt ||= finder.found() || uuids.has(promptUuid);
    restored.files.push({
      path: file.path,
      base: isOwn ? file.base : length,
      generation: isOwn ? file.generation : 0,
      asStored: length,
      length,
      hash,
    });
  }

  const wanted = source.transcript.files.filter(({ path }) => !isOfAnother(path, claudeId));
  for (const files of batches(wanted, FILES_AT_ONCE)) {
    await Promise.all(files.map(restoreFile));
  }
  if (point && !isCut) throw continuePointMissing(point);
  if (holdsMessage) return { ...restored, messages: recent.lines() };
  await rm(projectDir, { recursive: true });
  await mkdir(projectDir, { recursive: true, mode: 0o700 });
  return NOTHING_RESTORED;
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

/**
 * Writes a saved file, up to the first line that `isLast` accepts. Calls `onLine` for each written
 * line. Returns the number of written bytes and their hash.
 */
async function writeFile(
  store: TranscriptStore,
  { file, lineage }: { file: TranscriptFile; lineage: readonly Session[] },
  projectDir: string,
  {
    onLine,
    isLast,
  }: { onLine: (line: string, offset: number) => void; isLast: (line: string) => boolean },
): Promise<{ hash: Hash; length: number }> {
  const target = insideProject(projectDir, file.path);
  const handle = await createFile(target).catch((error: unknown) => {
    throw pathProblem(file.path, error) ?? error;
  });
  const hash = createHash('sha256');
  const framer = createFramer();
  let length = 0;
  let offset = 0;
  let isEnded = false;

  function upToLast(piece: Buffer): Buffer {
    for (const line of framer.push(piece)) {
      onLine(line.text, offset);
      offset += line.bytes + 1;
      isEnded = isLast(line.text);
      if (isEnded) return piece.subarray(0, offset - length);
    }
    return piece;
  }

  try {
    for await (const piece of store.read(file, lineage)) {
      // The rest of a file that is cut is still read, because the store checks the file as a whole.
      if (isEnded) continue;
      const kept = upToLast(piece);
      hash.update(kept);
      await handle.writeFile(kept);
      length += kept.length;
    }
  } finally {
    await handle.close();
  }
  return { hash, length };
}

async function createFile(target: string): Promise<FileHandle> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  return open(target, 'wx', 0o600);
}

// The path comes from the session's transcript, so these errors would occur on every host.
const PATH_ERRNOS = ['EEXIST', 'EILSEQ', 'EINVAL', 'EISDIR', 'ENAMETOOLONG'];

function pathProblem(path: string, error: unknown): AppError | null {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!PATH_ERRNOS.includes(code)) return null;
  return new AppError(
    'TRANSCRIPT_CORRUPT',
    `transcript path ${path} cannot be restored as a file (${code})`,
    { cause: error },
  );
}

// Baton wrote the manifest. The path is still checked, because a wrong path could point outside the
// folder.
function insideProject(projectDir: string, path: string): string {
  const target = join(projectDir, path);
  if (!target.startsWith(projectDir + sep) || normalize(path) !== path) {
    throw new AppError(
      'TRANSCRIPT_CORRUPT',
      `transcript path ${path} is not a plain relative path`,
    );
  }
  return target;
}
