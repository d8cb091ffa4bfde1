import { type Admission, createAdmission } from '../admission/admission.ts';
import { createOperatorLimits, type OperatorLimits } from '../admission/operator-limits.ts';
import { createSessionDeletion, type SessionDeletion } from '../deletion/session-deletion.ts';
import type { Session } from '../model/session/session.ts';
import type { LivePublisher } from '../queue/live.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { Logger } from '../runtime/log.ts';
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts';
import { createContentAcceptance } from '../sessions/content-acceptance.ts';
import { createSessionManager, type SessionManager } from '../sessions/session-manager.ts';
import { createSessionMessages, type SessionMessages } from '../sessions/session-messages.ts';
import { createSessionStop, type SessionStop } from '../sessions/session-stop.ts';
import { type Adopter, createAdopter } from '../store/adopt.ts';
import type { StoreClock } from '../store/clock.ts';
import type { Stores } from '../store/stores.ts';
import {
  type NotifyOfChange,
  withNotifications,
  withStopNotifications,
} from '../webhooks/notify-on-change.ts';

/** The services of a process that handles sessions. */
export interface SessionServices {
  manager: SessionManager;
  stop: SessionStop;
  messages: SessionMessages;
  deletion: SessionDeletion;
  admission: Admission;
  operatorLimits: OperatorLimits;
  adopter: Adopter;
  /** Publishes status changes and new events, and notifies webhooks of each status change. */
  live: LivePublisher;
}

/** The dependencies of the services. The caller opens and closes them. */
export interface SessionServicesDeps {
  stores: Stores;
  clock: StoreClock;
  queue: SessionQueue;
  /** Encrypts secrets. Default: secrets are not encrypted. */
  sealer?: Sealer;
  /** Called after each status change that these services make. Default: nobody is notified. */
  notify?: NotifyOfChange;
  /** Logs sessions that cannot run. Default: nothing is logged. */
  log?: Pick<Logger, 'error'>;
}

/** Builds the services over stores and a queue that are open already. */
export function createSessionServices({
  stores,
  clock,
  queue,
  sealer = NO_SEALER,
  notify = () => {},
  log,
}: SessionServicesDeps): SessionServices {
  const { sessions } = stores;
  const live = withNotifications(queue.live, notify);
  const admission = createAdmission({ stores, clock, queue, live, log });
  // A new session has a webhook event only if it was refused. For every other new session, notifying would only cost a
  // read of an empty outbox.
  const announce = (session: Session) =>
    (session.webhooks_due ? live : queue.live).statusChanged(session);
  const adopter = createAdopter(stores, (id) => queue.find(id), announce, sealer);
  const content = createContentAcceptance(stores.files);
  const manager = createSessionManager({
    queue,
    sessions,
    events: stores.events,
    files: stores.files,
    adopter,
    announce,
    admission,
    content,
    sealer,
    conversations: {
      keys: stores.conversationKeys,
      tombstones: stores.tombstones,
      messages: stores.messages,
      sendMessage: (...sent) => messages.sendMessage(...sent),
    },
  });
  const messages = createSessionMessages({ manager, stores, queue, content });
  const requests = withStopNotifications(stores.stopRequests, notify);
  return {
    manager,
    stop: createSessionStop({ manager, queue, requests, admission }),
    messages,
    deletion: createSessionDeletion({ stores, clock, queue, requests }),
    admission,
    operatorLimits: createOperatorLimits({ stores, clock }),
    adopter,
    live,
  };
}
