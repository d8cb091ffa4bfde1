import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
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
import type { TrackedFile } from './tracked-file.ts';

/** What the attempt starts from. */
export interface Restored {
  files: TrackedFile[];
  /** The running totals that the CLI will go on from. */
  costState: CostState | null;
  /** Whether the session's own part of the transcript holds its prompt already. */
  holdsPrompt: boolean;
}

/** Nothing to restore: a new conversation. */
export const NOTHING_RESTORED: Restored = { files: [], costState: null, holdsPrompt: false };

/**
 * Writes a transcript into an empty project folder, byte for byte. `lineage` is the session whose
 * transcript it is and its ancestors, nearest first; `session` is the one that goes on from it. Throws
 * TRANSCRIPT_CORRUPT where a byte is not as it was saved.
 */
export async function restoreTranscript(
  store: TranscriptStore,
  lineage: readonly Session[],
  session: Session,
  projectDir: string,
): Promise<Restored> {
  const source = lineage[0];
  if (!source) return NOTHING_RESTORED;
  const main = mainTranscriptPath(session.root_session_id);
  const restored: Restored = { files: [], costState: null, holdsPrompt: false };
  for (const file of source.transcript.files) {
    const isOwn = source.id === session.id;
    const prompt = createPromptFinder(session.query, isOwn ? file.base : file.length);
    const onLine = (line: string, offset: number): void => {
      restored.costState = readCostState(line) ?? restored.costState;
      prompt.observe(line, offset);
    };
    const hash = await writeFile(
      store,
      file,
      lineage,
      projectDir,
      file.path === main ? onLine : null,
    );
    restored.holdsPrompt ||= prompt.found();
    restored.files.push({
      path: file.path,
      base: isOwn ? file.base : file.length,
      generation: isOwn ? file.generation : 0,
      length: file.length,
      hash,
    });
  }
  return restored;
}

async function writeFile(
  store: TranscriptStore,
  file: TranscriptFile,
  lineage: readonly Session[],
  projectDir: string,
  onLine: ((line: string, offset: number) => void) | null,
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
      if (!onLine) continue;
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
