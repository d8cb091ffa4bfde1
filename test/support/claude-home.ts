import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folders of a separate Claude installation, which shares nothing with the user's. */
export interface ClaudeHome {
  root: string;
  home: string;
  configDir: string;
  tmpDir: string;
  workDir: string;
  /** Returns the path of the transcript of this Claude session. */
  transcript(id: string): string;
  /** Resolves with the transcript's text, or undefined if there is no transcript. */
  readTranscript(id: string): Promise<string | undefined>;
  remove(): Promise<void>;
}

/** The project folder name that every home uses. */
export const PROJECT_NAME = 'baton';

/** Makes the folders under the system's temporary directory. */
export async function makeClaudeHome(): Promise<ClaudeHome> {
  const root = await mkdtemp(join(tmpdir(), 'baton-claude-'));
  const dirs = {
    home: join(root, 'home'),
    configDir: join(root, 'config'),
    tmpDir: join(root, 'tmp'),
    workDir: join(root, 'work'),
  };
  for (const dir of Object.values(dirs)) await mkdir(dir, { mode: 0o700 });
  const transcript = (id: string) => join(dirs.configDir, 'projects', PROJECT_NAME, `${id}.jsonl`);
  return {
    root,
    ...dirs,
    transcript,
    readTranscript: (id) => readFile(transcript(id), 'utf8').catch(() => undefined),
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}
