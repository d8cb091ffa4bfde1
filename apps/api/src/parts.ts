import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  AddressRange,
  EventStore,
  Logger,
  Mongo,
  OpenWebhooks,
  Policy,
  SessionManager,
  SessionQueue,
  SessionStop,
  SessionStore,
} from '@baton/core';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Auth } from './auth/authenticate.ts';

/** What the routes work with. */
export interface Parts {
  manager: SessionManager;
  stop: SessionStop;
  queue: SessionQueue;
  sessions: SessionStore;
  events: EventStore;
  mongo: Pick<Mongo, 'ping'>;
  log: Logger;
  policy: Policy;
  webhooks: OpenWebhooks;
  /** Where webhooks may be sent to although the address is not public. */
  allowedAddresses: readonly AddressRange[];
  auth: Auth;
}

/** The Fastify instance whose routes are typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
