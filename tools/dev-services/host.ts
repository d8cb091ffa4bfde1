import type { Environment } from './environment.ts';
import type { Guardian } from './guardian.ts';

/** The parts of this machine that a candidate may use. */
export type Host = {
  readonly env: Environment;
  /** The cache that all clones share. */
  readonly cache: string;
  readonly guardian: Guardian;
  readonly log: (line: string) => void;
};
