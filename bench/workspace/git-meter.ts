// Measures the processor time of the git processes that the worker starts for captures.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** A folder for PATH with a `git` that notes its processor time. */
export interface GitMeter {
  /** PATH with the folder in front. */
  path: string;
  /** Returns the times so far, in milliseconds: of git, and of the shell around it, which does not count. */
  read(): Promise<{ gitMs: number; shellMs: number; runs: number }>;
}

const TIMES = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/;

/** Creates the meter in a new folder. Only git processes of captures count, not those of the CLI. */
export async function createGitMeter(folder: string): Promise<GitMeter> {
  const path = process.env['PATH'] ?? '';
  const log = join(folder, 'times');
  const git = join(folder, 'git');
  await mkdir(folder, { recursive: true });
  await writeFile(log, '');
  // Only the worker sets GIT_NO_REPLACE_OBJECTS. `times` prints a line for the shell, and one for its children.
  await writeFile(
    git,
    `#!/bin/bash\nPATH='${path}'\n[ -n "$GIT_NO_REPLACE_OBJECTS" ] || exec git "$@"\n` +
      `git "$@"\ncode=$?\ntimes >> '${log}'\nexit $code\n`,
  );
  await chmod(git, 0o755);
  return {
    path: `${folder}${delimiter}${path}`,
    async read() {
      const lines = (await readFile(log, 'utf8')).split('\n').slice(0, -1).map(toMs);
      const sum = (odd: number) =>
        lines.filter((_, index) => index % 2 === odd).reduce((total, one) => total + one, 0);
      return { shellMs: sum(0), gitMs: sum(1), runs: lines.length / 2 };
    },
  };
}

function toMs(line: string): number {
  const [, userMinutes, user, systemMinutes, system] = TIMES.exec(line) ?? [];
  const minutes = Number(userMinutes) + Number(systemMinutes);
  return (minutes * 60 + Number(user) + Number(system)) * 1000;
}
