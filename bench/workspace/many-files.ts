// Makes the directories that the workspace benchmarks capture and restore.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILES_PER_FOLDER = 50;
const WORDS_PER_LINE = 8;
const MIN_LINES = 10;
const MAX_LINES = 60;
const VOCABULARY = 2_000;

/** A directory with many small text files. */
export interface ManyFiles {
  root: string;
  /** The paths of the files, relative to `root`. */
  paths: string[];
  /** Gives a file a new line in its middle, and returns its new content. */
  change(path: string): Promise<Buffer>;
  /** The content of each file, by path. */
  contents: Map<string, Buffer>;
}

/** Writes `count` files of 0.5 to 4 KiB, 50 to a folder. Equal counts give equal files. */
export async function makeFiles(root: string, count: number): Promise<ManyFiles> {
  const random = createRandom(count);
  const words = Array.from({ length: VOCABULARY }, () => randomText(random));
  const line = () =>
    Array.from({ length: WORDS_PER_LINE }, () => words[pick(random, words.length)]).join(' ');
  const contents = new Map<string, Buffer>();
  for (let index = 0; index < count; index += 1) {
    const folder = `part-${Math.floor(index / FILES_PER_FOLDER)}`;
    if (index % FILES_PER_FOLDER === 0) await mkdir(join(root, folder), { recursive: true });
    const lines = MIN_LINES + pick(random, MAX_LINES - MIN_LINES);
    const content = Buffer.from(`${Array.from({ length: lines }, line).join('\n')}\n`);
    const path = `${folder}/file-${index}.txt`;
    await writeFile(join(root, path), content);
    contents.set(path, content);
  }
  return {
    root,
    paths: [...contents.keys()],
    contents,
    async change(path) {
      const lines = String(contents.get(path)).split('\n');
      lines.splice(Math.floor(lines.length / 2), 0, line());
      const content = Buffer.from(lines.join('\n'));
      await writeFile(join(root, path), content);
      contents.set(path, content);
      return content;
    },
  };
}

// A linear congruential generator, so that each run measures the same files.
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick(random: () => number, bound: number): number {
  return Math.floor(random() * bound);
}

function randomText(random: () => number): string {
  const letters = Array.from({ length: 3 + pick(random, 8) }, () => pick(random, 26));
  return String.fromCharCode(...letters.map((letter) => 97 + letter));
}
