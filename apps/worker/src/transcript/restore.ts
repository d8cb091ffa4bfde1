import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import {
  AppError,
  claudeIdOf,
  mainTranscriptPath,
  type Session,
  type TranscriptFile,
  type TranscriptStore,
} from '@baton/core/internal';
import { type CostState, readCostState } from '../claude/cost-state.ts';
import { createFramer } from '../claude/framer.ts';
import { parseLine, usageOf } from '../claude/line.ts';
import { createKnownIds, type KnownIds } from './known-ids.ts';
import { createPromptFinder } from './prompt-finder.ts';
import { createRecentMessages } from './recent-messages.ts';
import type { TrackedFile } from './tracked-file.ts';

/** What the attempt starts from. */
export interface Restored {
  files: TrackedFile[];
  /** The running totals that the CLI will go on from. */
  costState: CostState | null;
  /** Whether the session's own part of the transcript holds its prompt already. */
  holdsPrompt: boolean;
  /** Whether the session's own part says that the CLI ran a slash command by itself, without a turn. */
  ranCommand: boolean;
  /** The ids of the entries in the session's own part. */
  uuids: ReadonlySet<string>;
  /** The newest message entries of the session's own part of the main file, oldest first. */
  messages: readonly string[];
  /** The API's messages that the main file holds, its ancestors' included. */
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
 * Writes a transcript into an empty project folder, byte for byte. `lineage` is the session whose
 * transcript it is and its ancestors, nearest first; `session` is the one that goes on from it, `prompt` its
 * prompt as a transcript holds it (default: its query). A transcript that holds no message is left aside.
 * Throws TRANSCRIPT_CORRUPT where a byte is not as it was saved.
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
  const uuids = new Set<string>();
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
      holdsMessage ||= MESSAGE.test(line);
      restored.costState = readCostState(line) ?? restored.costState;
      // After a compaction the CLI appends old entries again, under their old ids: they are no news.
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
    const hash = await writeFile(store, file, lineage, projectDir, onLine);
    restored.holdsPrompt ||= finder.found();
    restored.files.push({
      path: file.path,
      base: isOwn ? file.base : file.length,
      generation: isOwn ? file.generation : 0,
      asStored: file.length,
      length: file.length,
      hash,
    });
  }

  const wanted = source.transcript.files.filter(({ path }) => !isOfAnother(path, claudeId));
  for (const files of batches(wanted, FILES_AT_ONCE)) {
    await Promise.all(files.map(restoreFile));
  }
  if (holdsMessage) return { ...restored, messages: recent.lines() };
  await rm(projectDir, { recursive: true });
  await mkdir(projectDir, { recursive: true, mode: 0o700 });
  return NOTHING_RESTORED;
}

// A conversation that was left by /clear: its files stay with the sessions that had it.
function isOfAnother(path: string, claudeId: string): boolean {
  const [, owner] = /^([0-9a-f]{8}-[0-9a-f-]{27})(?:\/|\.jsonl$)/.exec(path) ?? [];
  return owner !== undefined && owner !== claudeId;
}

// A session may have hundreds of sub-agents, each with a small file that costs a trip to the store.
const FILES_AT_ONCE = 8;

function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

// The CLI writes what it queued before the prompt itself, and resumes nothing that holds no message
// ("No conversation found"): a session that was stopped in between begins again.
const MESSAGE = /"type":"(user|assistant)"/;
const ASSISTANT = '"type":"assistant"';

async function writeFile(
  store: TranscriptStore,
  file: TranscriptFile,
  lineage: readonly Session[],
  projectDir: string,
  onLine: (line: string, offset: number) => void,
) {
  const target = insideProject(projectDir, file.path);
  const handle = await createFile(target).catch((error: unknown) => {
    throw pathProblem(file.path, error) ?? error;
  });
  const hash = createHash('sha256');
  const framer = createFramer();
  let offset = 0;
  try {
    for await (const piece of store.read(file, lineage)) {
      hash.update(piece);
      await handle.writeFile(piece);
      for (const line of framer.push(piece)) {
        onLine(line.text, offset);
        offset += line.bytes + 1;
      }
    }
  } finally {
    await handle.close();
  }
  return hash;
}

async function createFile(target: string): Promise<FileHandle> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  return open(target, 'wx', 0o600);
}

// The session's transcript names the path: no other host would take it either.
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

// Looked for by the letter: an entry may be tens of megabytes, and is not parsed for its id.
function uuidsIn(line: string): string[] {
  return [...line.matchAll(/"uuid":"([0-9a-f-]{36})"/g)].map(([, uuid]) => uuid ?? '');
}

// A manifest is our own, but a path that left the folder would be written with the worker's rights.
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
