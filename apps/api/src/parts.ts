import type {
  AddressRange,
  EventStore,
  Limits,
  LiveHub,
  Logger,
  Mongo,
  OpenWebhooks,
  Policy,
  Schedules,
  SealingKey,
  SessionDeletion,
  SessionHeads,
  SessionManager,
  SessionQueue,
  SessionStop,
  SessionStore,
  TranscriptStore,
  UsageStore,
} from '@baton/core/internal';
import type { Auth } from './auth/auth.ts';
import type { StreamTimes } from './streams/stream-times.ts';

/** What streams are made from. */
export interface LiveParts extends StreamTimes {
  hub: LiveHub;
  heads: SessionHeads;
  /** How long a stream trusts that it hears of what is written, in milliseconds. */
  pollMs?: number;
}

/** What the routes work with. */
export interface Parts {
  manager: SessionManager;
  stop: SessionStop;
  queue: SessionQueue;
  sessions: SessionStore;
  events: EventStore;
  transcripts: TranscriptStore;
  deletion: SessionDeletion;
  usageOf: UsageStore;
  limits: Limits;
  mongo: Pick<Mongo, 'ping'>;
  log: Logger;
  policy: Policy;
  live: LiveParts;
  webhooks: OpenWebhooks;
  schedules: Schedules;
  /** Where webhooks may be sent to although the address is not public. */
  allowedAddresses: readonly AddressRange[];
  auth: Auth;
  /** The public keys that secrets are sealed to; none where they are not. */
  sealingKeys: readonly SealingKey[];
  /** Proxies whose word is taken for who calls, and how; default: none. */
  trustedProxies?: readonly string[];
}
