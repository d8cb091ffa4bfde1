/** Returns whether a process of this user with that id runs. */
export function isAlive(pid: number): boolean {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // the process has ended, or belongs to another user and cannot be signalled
  }
}
