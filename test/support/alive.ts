import { readFileSync } from 'node:fs';

/** Says whether a process runs; one that is dead and that nobody has reaped yet does not. */
export function isAlive(pid: number | undefined): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
