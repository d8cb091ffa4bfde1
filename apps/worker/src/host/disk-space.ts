import { statfs } from 'node:fs/promises';
import type { Logger } from '@baton/core/internal';
import type { HostProblem } from '../host-problem/find-host-problem.ts';
import { runPeriodically } from '../runtime/run-periodically.ts';
import type { HostHealth } from './host-health.ts';

/** The time between two looks at the disk, in milliseconds. */
const CHECK_MS = 5_000;

/**
 * Returns the problem of a disk that is nearly full, or null. A session that fills the last bytes would fail, and the
 * other sessions of the host with it.
 *
 * @param minFreeBytes How much must be free, in bytes. 0 turns the check off.
 * @param measure Measures the file system of a path. A test passes its own.
 */
export async function findFullDisk(
  path: string,
  minFreeBytes: number,
  measure: (path: string) => Promise<{ bavail: number; bsize: number }> = statfs,
): Promise<HostProblem | null> {
  if (minFreeBytes === 0) return null;
  const { bavail, bsize } = await measure(path);
  const free = bavail * bsize;
  if (free >= minFreeBytes) return null;
  return {
    code: 'HOST_ERROR',
    message: `the disk of WORK_ROOT has ${toMiB(free)} MiB free, and DISK_MIN_FREE_BYTES asks for ${toMiB(minFreeBytes)} MiB`,
  };
}

function toMiB(bytes: number): number {
  return Math.floor(bytes / 1024 ** 2);
}

/**
 * Looks at the disk of WORK_ROOT now and every five seconds, until `signal` is aborted. If the disk is nearly full, the
 * host counts as sick: the worker takes no session until a probe finds enough free space.
 */
export function startDiskCheck(
  {
    workRoot,
    minFreeBytes,
    host,
    log,
  }: { workRoot: string; minFreeBytes: number; host: Pick<HostHealth, 'report'>; log: Logger },
  signal: AbortSignal,
): void {
  async function check(): Promise<void> {
    const full = await findFullDisk(workRoot, minFreeBytes);
    if (full) host.report(full);
  }
  runPeriodically(check, {
    everyMs: CHECK_MS,
    signal,
    onError: (error) =>
      log.warn({ err: error }, 'the free space of WORK_ROOT could not be read, trying again'),
  });
}
