import type {
  AddressRange,
  LiveHub,
  Logger,
  OpenBaton,
  Policy,
  SessionHeads,
} from '@baton/core/internal';
import type { Auth } from './auth/auth.ts';
import type { CaptureCache } from './captures/capture-cache.ts';
import type { StreamTimes } from './streams/stream-times.ts';

/** The dependencies of event streams. */
export interface StreamDeps extends StreamTimes {
  hub: LiveHub;
  heads: SessionHeads;
  /**
   * How long a stream waits for a live message before it reads the store again, in milliseconds.
   */
  pollMs?: number;
}

/** The parts of an open Baton that the routes use. */
type BatonDeps = Pick<
  OpenBaton,
  | 'manager'
  | 'stop'
  | 'messages'
  | 'deletion'
  | 'operatorLimits'
  | 'queue'
  | 'stores'
  | 'webhooks'
  | 'schedules'
  | 'sealingKeys'
> & { mongo: Pick<OpenBaton['mongo'], 'ping'> };

/** Bounds on uploads. */
export interface FileLimits {
  /** The size of the largest file, in bytes. */
  maxBytes: number;
  /** How many bytes of files that nothing uses one tenant may have. */
  unusedMaxBytes: number;
  /** How long an upload may take in total, in milliseconds. */
  uploadMs: number;
  /** How long an upload may send nothing, in milliseconds. */
  uploadIdleMs: number;
}

/** The dependencies of the routes. */
export interface AppDeps extends BatonDeps {
  log: Logger;
  policy: Policy;
  streaming: StreamDeps;
  /** Addresses that are not public, but that webhooks may use. */
  allowedAddresses: readonly AddressRange[];
  auth: Auth;
  captures: CaptureCache;
  /** Bounds on uploads. */
  fileLimits: FileLimits;
  /** The proxies whose X-Forwarded-* headers Baton trusts. Default: none. */
  trustedProxies?: readonly string[];
}
