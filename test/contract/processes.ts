import { readdirSync, readFileSync } from 'node:fs';

// The fields of /proc/<pid>/stat after the command name. The name may contain spaces.
function fieldsOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Returns the id of a process's group. */
export function groupOf(pid: number): number {
  return Number(fieldsOf(pid)[2]);
}

/** Returns the id of a process's POSIX session (see setsid). */
export function sessionOf(pid: number): number {
  return Number(fieldsOf(pid)[3]);
}

/** True while the process runs; false once it is gone or a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return fieldsOf(pid)[0] !== 'Z';
  } catch {
    return false; // no such process
  }
}

/** The pids of every process whose environment holds this NAME=value. */
export function carriers(variable: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable);
    } catch {
      return false; // the process has ended, or belongs to another user
    }
  });
}
