// What the refs of a repository named when a session last asked for them, kept beside its mirror.
import { lstat, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { isCommitId } from './resolve-ref.ts';

/** Guesses which commit a ref names. The guess may be wrong: only the server knows. */
export interface LastCommits {
  /** Returns the commit that a ref named last, or null. Without a ref: the default branch. */
  recall(ref: string | undefined): Promise<string | null>;
  /** Keeps what a ref names. Never rejects. */
  remember(ref: string | undefined, commit: string): Promise<void>;
}

const MAX_REFS = 100;
const MAX_BYTES = 100_000;

const schema = z.array(z.tuple([z.string(), z.string().refine(isCommitId)]));

/** Opens the commits that are kept in a file, which may be absent. The caller holds the lock of the mirror. */
export function openLastCommits(file: string): LastCommits {
  async function read(): Promise<Map<string, string>> {
    try {
      // An agent runs as the same user, and may have put anything there.
      const stats = await lstat(file);
      if (!stats.isFile() || stats.size > MAX_BYTES) return new Map();
      return new Map(schema.parse(JSON.parse(await readFile(file, 'utf8'))));
    } catch {
      return new Map();
    }
  }

  return {
    async recall(ref = '') {
      return (await read()).get(ref) ?? null;
    },
    async remember(ref = '', commit) {
      const commits = await read();
      if (commits.get(ref) === commit) return;
      commits.delete(ref);
      commits.set(ref, commit);
      try {
        await rm(file, { recursive: true, force: true });
        const text = JSON.stringify([...commits].slice(-MAX_REFS));
        await writeFile(file, text, { mode: 0o600, flag: 'wx' });
      } catch {
        // Without the file, the next session asks first.
      }
    },
  };
}
