// What lives of a process group, also where its processes are another user's.
import { readdirSync, readFileSync } from 'node:fs';

/** A process, told apart from a later one of the same pid by its start time (empty where it cannot be told). */
export interface GroupMember {
  pid: number;
  startTime: string;
}

/** The processes of a group that have not ended; a process that waits to be reaped counts as ended. */
export function livingMembers(group: number): GroupMember[] {
  if (!takesSignals(-group)) return [];
  const members = listMembers(group);
  if (members) return members;
  // No /proc (macOS): the leader stands for all of them.
  return [{ pid: -group, startTime: '' }];
}

/** Says whether a process that was listed has ended. */
export function hasEnded({ pid, startTime }: GroupMember): boolean {
  if (!takesSignals(pid)) return true;
  if (startTime === '') return false;
  const stat = readStat(pid);
  return stat === null || stat.isZombie || stat.startTime !== startTime;
}

// EPERM: it is there, and another user's.
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
    // proc(5): fields 3, 5 and 22; the second field may hold spaces, so count from behind its last parenthesis.
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
