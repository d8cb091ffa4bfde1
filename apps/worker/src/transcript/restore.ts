import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import {
  AppError,
  mainTranscriptPath,
  type Session,
  type TranscriptFile,
  type TranscriptStore,
} from '@baton/core';
import { type CostState, readCostState } from '../claude/cost-state.ts';
import { createFramer } from '../claude/framer.ts';
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
  /** The ids of the entries in the session's own part. */
  uuids: ReadonlySet<string>;
  /** The newest message entries of the session's own part of the main file, oldest first. */
  messages: readonly string[];
}

/** Nothing to restore: a new conversation. */
export const NOTHING_RESTORED: Restored = Object.freeze({
  files: [],
  costState: null,
  holdsPrompt: false,
  uuids: new Set<string>(),
  messages: [],
});

/**
 * Writes a transcript into an empty project folder, byte for byte. `lineage` is the session whose
 * transcript it is and its ancestors, nearest first; `session` is the one that goes on from it, `prompt` its
 * prompt as a transcript holds it (default: its query). A transcript that holds no message is left aside. Throws TRANSCRIPT_CORRUPT where a byte is not as it was saved.
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
  const main = mainTranscriptPath(session.root_session_id);
  const isOwn = source.id === session.id;
  const uuids = new Set<string>();
  const restored: Restored = { ...NOTHING_RESTORED, files: [], uuids };
  const recent = createRecentMessages();
  let holdsMessage = false;
  async function restoreFile(file: TranscriptFile): Promise<void> {
    const ownFrom = isOwn ? file.base : file.length;
    const finder = createPromptFinder(prompt, ownFrom);
    const onLine = (line: string, offset: number): void => {
      if (offset >= ownFrom) for (const uuid of uuidsIn(line)) uuids.add(uuid);
      if (file.path !== main) return;
      holdsMessage ||= MESSAGE.test(line);
      restored.costState = readCostState(line) ?? restored.costState;
      finder.observe(line, offset);
      if (offset >= ownFrom) recent.observe(line);
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

  for (const files of batches(source.transcript.files, FILES_AT_ONCE)) {
    await Promise.all(files.map(restoreFile));
  }
  if (holdsMessage) return { ...restored, messages: recent.lines() };
  await rm(projectDir, { recursive: true });
  await mkdir(projectDir, { recursive: true, mode: 0o700 });
  return NOTHING_RESTORED;
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

async function writeFile(
  store: TranscriptStore,
  file: TranscriptFile,
  lineage: readonly Session[],
  projectDir: string,
  onLine: (line: string, offset: number) => void,
) {
  const target = insideProject(projectDir, file.path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const handle = await open(target, 'wx', 0o600);
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
