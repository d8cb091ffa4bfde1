// A pid means something within one pid namespace of one host: a container that shares a disk or shows
// its processes to its host counts its own.
import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The pid namespace of a process, or null where it cannot be told. */
export function pidNamespaceOf(pid: number | 'self'): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    // No /proc, no such process any more, or one of another user.
    return null;
  }
}

/** Eight letters that tell this host and pid namespace from others. */
export function pidScope(): string {
  const scope = `${hostname()} ${pidNamespaceOf('self')}`;
  return createHash('sha256').update(scope).digest('hex').slice(0, 8);
}
