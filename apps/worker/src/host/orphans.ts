import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Marker, parseMarker } from './marker.ts';
import { pidNamespaceOf } from './pid-scope.ts';

/** A process that carries a marker. */
export interface MarkedProcess {
  pid: number;
  marker: Marker;
}

/** How many times a sweep looks for processes, because processes may fork while it looks. */
const MAX_ROUNDS = 10;

const BETWEEN_ROUNDS_MS = 20;

/**
 * How many times an environment is read if it is empty. It is empty while the kernel replaces the
 * program (execve).
 */
const EXEC_READS = 5;

const BETWEEN_EXEC_READS_MS = 10;

/**
 * Returns every process of this user that carries a marker, in the pid namespace of this process.
 * Returns an empty list if there is no /proc.
 */
export async function markedProcesses(): Promise<MarkedProcess[]> {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(pids.map(markedProcess));
  return found.filter((one) => one !== null);
}

/**
 * Kills every process whose marker matches, and the processes that they fork before they die.
 * Returns how many it killed. Killing the process group is not enough: the CLI's tools run in
 * process sessions of their own (test/contract/processes.test.ts).
 */
export async function killMarked(matches: (marker: Marker) => boolean): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const alive = (await markedProcesses()).filter(({ marker }) => matches(marker));
    if (alive.length === 0) break;
    for (const { pid } of alive) {
      kill(pid);
      killed.add(pid);
    }
    await delay(BETWEEN_ROUNDS_MS);
  }
  return killed.size;
}

async function markedProcess(pid: number): Promise<MarkedProcess | null> {
  // The environment is empty if the process has ended or belongs to another user. Neither process
  // needs to be killed.
  const environ = await readEnviron(pid);
  const variable = environ.split('\0').find((line) => line.startsWith('BATON_RUN='));
  const marker = variable && parseMarker(variable.slice('BATON_RUN='.length));
  // A host also sees the processes of its containers. The pid in their marker is valid only in the container.
  const isOurs = marker && pidNamespaceOf(pid) === pidNamespaceOf('self');
  return isOurs ? { pid, marker } : null;
}

async function readEnviron(pid: number): Promise<string> {
  for (let read = 1; ; read += 1) {
    const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (environ !== '' || read === EXEC_READS) return environ;
    // Zombies and kernel threads have no program, so their environment stays empty.
    const program = await readlink(`/proc/${pid}/exe`).catch(() => null);
    if (program === null) return environ;
    await delay(BETWEEN_EXEC_READS_MS);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ESRCH: the process has already ended.
  }
}
