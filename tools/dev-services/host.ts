import type { Environment } from './environment.ts';
import type { Guardian } from './guardian.ts';

/** What a candidate may use of the machine it looks at. */
export type Host = {
  readonly env: Environment;
  /** The cache that all clones share. */
  readonly cache: string;
  readonly guardian: Guardian;
  readonly log: (line: string) => void;
};
