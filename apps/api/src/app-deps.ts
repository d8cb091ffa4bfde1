import type {
  AddressRange,
  LiveHub,
  Logger,
  OpenBaton,
  Policy,
  SessionHeads,
} from '@baton/core/internal';
import type { Auth } from './auth/auth.ts';
import type { StreamTimes } from './streams/stream-times.ts';

/** What event streams are made from. */
export interface StreamDeps extends StreamTimes {
  hub: LiveHub;
  heads: SessionHeads;
  /** How long a stream relies on published changes before it reads the store again, in milliseconds. */
  pollMs?: number;
}

/** What the routes take from an open Baton. */
type BatonDeps = Pick<
  OpenBaton,
  | 'manager'
  | 'stop'
  | 'deletion'
  | 'operatorLimits'
  | 'queue'
  | 'stores'
  | 'webhooks'
  | 'schedules'
  | 'sealingKeys'
> & { mongo: Pick<OpenBaton['mongo'], 'ping'> };

/** What the routes work with. */
export interface AppDeps extends BatonDeps {
  log: Logger;
  policy: Policy;
  streaming: StreamDeps;
  /** Addresses that webhooks may be sent to although they are not public. */
  allowedAddresses: readonly AddressRange[];
  auth: Auth;
  /** Proxies whose X-Forwarded-* headers are believed. Default: none. */
  trustedProxies?: readonly string[];
}
