// Finds what a run must not leave behind. Searches for the name of the marker without Baton's own
// code, which may have a bug.
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** The processes and folders that attempts left. */
export interface Leftovers {
  processes: string[];
  folders: string[];
}

/**
 * Returns the processes and folders that attempts left behind. `temporary` holds the folders of all
 * attempts.
 */
async function findLeftovers(temporary: string): Promise<Leftovers> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const processes = await Promise.all(pids.map((pid) => commandIfOurs(pid, temporary)));
  const folders = (await readdir(temporary)).filter((entry) => entry.startsWith('baton-run-'));
  return { processes: processes.filter((command) => command !== undefined), folders };
}

/**
 * Waits until attempts have left nothing behind, for `limitMs` milliseconds at most. Resolves to
 * what is left at the end of the wait.
 */
export async function awaitNoLeftovers(temporary: string, limitMs: number): Promise<Leftovers> {
  for (const end = Date.now() + limitMs; ; await delay(200)) {
    const found = await findLeftovers(temporary);
    if (found.processes.length + found.folders.length === 0 || Date.now() > end) return found;
  }
}

async function commandIfOurs(pid: string, temporary: string): Promise<string | undefined> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''); // the process has ended
  const environ = (await read('environ')).split('\0');
  const isRun = environ.some((variable) => variable.startsWith('BATON_RUN='));
  const isOurs = environ.some((variable) => variable.includes(temporary));
  return isRun && isOurs ? `${pid} ${(await read('cmdline')).replaceAll('\0', ' ')}` : undefined;
}
