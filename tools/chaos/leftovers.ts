// Finds what a run must not leave behind. Searches for the name of the marker without Baton's own
// code, which may have a bug.
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** The processes and folders that attempts left. */
export interface Leftovers {
  processes: string[];
  folders: string[];
}

/** Where attempts may leave something. */
export interface LeftoversScope {
  /** A part of a variable of every process of the run. */
  marker: string;
  /** The folders that hold the folders of all attempts. */
  temporaries: readonly string[];
}

/** Returns the processes and folders that attempts left behind. */
async function findLeftovers({ marker, temporaries }: LeftoversScope): Promise<Leftovers> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const processes = await Promise.all(pids.map((pid) => commandIfOurs(pid, marker)));
  const entries = await Promise.all(temporaries.map((folder) => readdir(folder)));
  const folders = entries.flat().filter((entry) => entry.startsWith('baton-run-'));
  return { processes: processes.filter((command) => command !== undefined), folders };
}

/**
 * Waits until attempts have left nothing behind, for `limitMs` milliseconds at most. Resolves to
 * what is left at the end of the wait.
 */
export async function awaitNoLeftovers(scope: LeftoversScope, limitMs: number): Promise<Leftovers> {
  for (const end = Date.now() + limitMs; ; await delay(200)) {
    const found = await findLeftovers(scope);
    if (found.processes.length + found.folders.length === 0 || Date.now() > end) return found;
  }
}

async function commandIfOurs(pid: string, marker: string): Promise<string | undefined> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''); // the process has ended
  const environ = (await read('environ')).split('\0');
  const isRun = environ.some((variable) => variable.startsWith('BATON_RUN='));
  const isOurs = environ.some((variable) => variable.includes(marker));
  return isRun && isOurs ? `${pid} ${(await read('cmdline')).replaceAll('\0', ' ')}` : undefined;
}
