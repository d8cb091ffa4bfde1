import { hostname } from 'node:os';
import { newId } from '@baton/core/internal';
import { startTimeOf } from './marker.ts';

/**
 * The identity of this worker process. No other process has the same identity, not even a later
 * process with the same pid.
 */
export interface WorkerIdentity {
  workerId: string;
  host: string;
  pid: number;
  startTime: string;
}

/** Creates the identity of this process. `workerId` contains the name of the host, for people. */
export function createIdentity(): WorkerIdentity {
  const host = hostname();
  return {
    workerId: `${host.replaceAll(/[^A-Za-z0-9.-]/g, '-')}-${newId().slice(-12)}`,
    host,
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '0',
  };
}
