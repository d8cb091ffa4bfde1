import { hostname } from 'node:os';
import { newId } from '@baton/core/internal';
import { startTimeOf } from './marker.ts';

/** Who runs: this worker process, told apart from every other, also from a later one of the same pid. */
export interface WorkerIdentity {
  workerId: string;
  host: string;
  pid: number;
  startTime: string;
}

/** The identity of this process; `workerId` names its host for people. */
export function createIdentity(): WorkerIdentity {
  const host = hostname();
  return {
    workerId: `${host.replaceAll(/[^A-Za-z0-9.-]/g, '-')}-${newId().slice(-12)}`,
    host,
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '0',
  };
}
