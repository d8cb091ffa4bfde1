// Finds the living processes of a process group, including the processes of another user.
import { readdirSync, readFileSync } from 'node:fs';

/** A process. Its start time, empty if unknown, tells it from a later process with the same pid. */
export interface GroupMember {
  pid: number;
  startTime: string;
}

/** Returns the processes of a group that have not ended. A process that waits to be reaped has ended. */
export function livingMembers(group: number): GroupMember[] {
  if (!takesSignals(-group)) return [];
  const members = listMembers(group);
  if (members) return members;
  // Without /proc (macOS), one entry stands for the whole group: a negative pid addresses the group.
  return [{ pid: -group, startTime: '' }];
}

/** Returns whether a listed process has ended. */
export function hasEnded({ pid, startTime }: GroupMember): boolean {
  if (!takesSignals(pid)) return true;
  if (startTime === '') return false;
  const stat = readStat(pid);
  return stat === null || stat.isZombie || stat.startTime !== startTime;
}

// EPERM: the process exists and belongs to another user.
function takesSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function listMembers(group: number): GroupMember[] | null {
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return null;
  }
  const members: GroupMember[] = [];
  for (const entry of entries) {
    if (!/^\d+$/.test(entry)) continue;
    const pid = Number(entry);
    const stat = readStat(pid);
    if (stat?.group === group && !stat.isZombie) {
      members.push({ pid, startTime: stat.startTime });
    }
  }
  return members;
}

interface Stat {
  group: number;
  isZombie: boolean;
  startTime: string;
}

function readStat(pid: number): Stat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): fields 3, 5 and 22. The second field may contain spaces, so the count starts after its last
    // parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0] ?? '';
    return {
      group: Number(fields[2]),
      isZombie: state === 'Z' || state === 'X',
      startTime: fields[19] ?? '',
    };
  } catch {
    return null;
  }
}
