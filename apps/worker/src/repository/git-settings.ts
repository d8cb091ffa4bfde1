import type { OperatorCredentials } from './operator-credentials.ts';

/** How git is run for repositories. */
export interface GitSettings {
  /** PATH of git processes. */
  path: string;
  /** The value of BATON_RUN, by which a sweep of the host finds what a dead worker left. */
  marker: string;
  /** PEM file with the authorities that https servers are checked against. Default: those of the system. */
  caFile?: string | undefined;
  /** How long a call of git may take, in milliseconds. */
  timeoutMs: number;
}

/** How a worker reaches repositories. */
export interface RepositoryAccess {
  git: Omit<GitSettings, 'marker'>;
  operatorCredentials: OperatorCredentials;
}
