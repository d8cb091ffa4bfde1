// Programs that run in a test host through nsenter(1), which waits outside for the program's end.

import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process in a test host. */
export interface ProcessInHost {
  /** Its pid outside the host. */
  pid: number;
  /** The pid of its parent outside the host. */
  parent: number;
  /** Its pid in the host. */
  pidInHost: number;
  command: string;
}

/** Returns the command that runs a program in the namespaces of this process. */
export function enter(pid: number, cwd: string): string[] {
  const namespaces = ['--user', '--mount', '--net', '--uts', '--ipc', '--pid'];
  const move = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', cwd];
  return ['nsenter', `--target=${pid}`, ...namespaces, '--preserve-credentials', ...move];
}

/** Returns the pid, outside the host, of the only child of `unshare` or `nsenter`; undefined if there is none. */
export function childOf(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return child ? Number(child) : undefined;
  } catch {
    return undefined; // the process has ended
  }
}

/** Sends a signal, and does nothing if the process has ended. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // the process has ended
  }
}

/** Returns the processes in the pid namespace of this process, without dead ones. */
export async function processesBeside(pid: number): Promise<ProcessInHost[]> {
  const namespace = await namespaceOf(pid);
  if (namespace === undefined) return [];
  const found: ProcessInHost[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || (await namespaceOf(entry)) !== namespace) continue;
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '');
    const pidInHost = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1];
    if (pidInHost === undefined || /^State:\s[ZX]/m.test(status)) continue;
    const parent = Number(/^PPid:\s(\d+)$/m.exec(status)?.[1]);
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    const line = command.replaceAll('\0', ' ').trim();
    found.push({ pid: Number(entry), parent, pidInHost: Number(pidInHost), command: line });
  }
  return found;
}

function namespaceOf(pid: number | string): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);
}
