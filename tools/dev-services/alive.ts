/** Tells whether a process of ours with that id runs. */
export function isAlive(pid: number): boolean {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // gone, or another user's: ours would be ours to signal
  }
}
