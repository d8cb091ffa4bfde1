import { readFileSync } from 'node:fs';

/**
 * The attempt that a process belongs to. The variable `BATON_RUN` holds it, and all descendants inherit that variable.
 */
export interface Marker {
  workerId: string;
  /** The worker's process. Its start time tells it from a later process with the same pid. */
  pid: number;
  startTime: string;
  sessionId: string;
  fence: number;
}

/** Returns the value of BATON_RUN. */
export function formatMarker({ workerId, pid, startTime, sessionId, fence }: Marker): string {
  return [workerId, pid, startTime, sessionId, fence].join(' ');
}

/** Parses the value of BATON_RUN. Returns null if Baton did not write it. */
export function parseMarker(value: string): Marker | null {
  const [workerId, pid, startTime, sessionId, fence, ...more] = value.split(' ');
  if (!workerId || !startTime || !sessionId || more.length > 0) return null;
  if (!/^\d+$/.test(pid ?? '') || !/^\d+$/.test(fence ?? '')) return null;
  return { workerId, pid: Number(pid), startTime, sessionId, fence: Number(fence) };
}

/**
 * Returns when a process started, in the kernel's ticks since boot. Returns null if there is no such process
 * or no /proc.
 */
export function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): field 22. The second field may contain spaces, so the count starts after its last parenthesis.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
