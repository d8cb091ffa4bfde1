import { readFileSync } from 'node:fs';

/** Who runs a process, as its environment says (`BATON_RUN`) and all its descendants inherit. */
export interface Marker {
  workerId: string;
  /** The worker's process, told apart from a later one of the same pid by its start time. */
  pid: number;
  startTime: string;
  sessionId: string;
  fence: number;
}

/** The value of BATON_RUN. */
export function formatMarker({ workerId, pid, startTime, sessionId, fence }: Marker): string {
  return [workerId, pid, startTime, sessionId, fence].join(' ');
}

/** What BATON_RUN says, or null for a value that is not ours. */
export function parseMarker(value: string): Marker | null {
  const [workerId, pid, startTime, sessionId, fence, ...more] = value.split(' ');
  if (!workerId || !startTime || !sessionId || more.length > 0) return null;
  if (!/^\d+$/.test(pid ?? '') || !/^\d+$/.test(fence ?? '')) return null;
  return { workerId, pid: Number(pid), startTime, sessionId, fence: Number(fence) };
}

/** When a process started, in the kernel's ticks since boot, or null where it cannot be told (no /proc, no process). */
export function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): field 22; the second field may hold spaces, so count from behind its last parenthesis.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
