// A pid is valid only in one pid namespace of one host. A container has its own pids, even if it
// shares a disk with other containers or its host sees its processes.
import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Returns the pid namespace of a process, or null if it cannot be read. */
export function pidNamespaceOf(pid: number | 'self'): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    // There is no /proc, or the process has ended or belongs to another user.
    return null;
  }
}

/** Returns eight hexadecimal digits that identify this host and pid namespace. */
export function pidScope(): string {
  const scope = `${hostname()} ${pidNamespaceOf('self')}`;
  return createHash('sha256').update(scope).digest('hex').slice(0, 8);
}
