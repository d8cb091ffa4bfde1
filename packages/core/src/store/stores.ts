import type { Db } from 'mongodb';
import { type CaptureStore, createCaptureStore } from './capture-store.ts';
import { type Claims, createClaims } from './claim.ts';
import type { StoreClock } from './clock.ts';
import { type ConversationKeyStore, createConversationKeyStore } from './conversation-key-store.ts';
import { type ConversationTree, createConversationTree } from './conversation-tree.ts';
import { createDeliveryStore, type DeliveryStore } from './delivery-store.ts';
import { createEventStore, type EventStore } from './event-store.ts';
import { createFileStore, type FileStore } from './file-store.ts';
import { createKeyStore, type KeyStore } from './key-store.ts';
import { createLimitStore, type LimitStore } from './limit-store.ts';
import { createLimitWaits, type LimitWaits } from './limit-waits.ts';
import { createLoginStore, type LoginStore } from './login-store.ts';
import { createMessageAcceptance, type MessageAcceptance } from './message-acceptance.ts';
import { createMessageRetention, type MessageRetention } from './message-retention.ts';
import { createMessageStore, type MessageStore } from './message-store.ts';
import { createOwnedSessions, type OwnedSessions } from './owned-session.ts';
import type { ListOptions } from './read-document.ts';
import { createReconcileStore, type ReconcileStore } from './reconcile-store.ts';
import { createScheduleStore, type ScheduleStore } from './schedule-store.ts';
import { createSecretStore, type SecretStore } from './secret-store.ts';
import { createSessionHeads, type SessionHeads } from './session-heads.ts';
import { createSessionLeftovers, type SessionLeftovers } from './session-leftovers.ts';
import { createSessionStore, type SessionStore } from './session-store.ts';
import { createSlotStore, type SlotStore } from './slot-store.ts';
import { createSpentStore, type SpentStore } from './spent-store.ts';
import { createStopRequests, type StopRequests } from './stop-requests.ts';
import { createTombstoneStore, type TombstoneStore } from './tombstone-store.ts';
import { createTranscriptStore, type TranscriptStore } from './transcript-store.ts';
import { createUnusableSessions, type UnusableSessions } from './unusable-sessions.ts';
import { createUsageStore, type UsageStore } from './usage-store.ts';
import { createWaitingStore, type WaitingStore } from './waiting-store.ts';
import { createWebhookOutbox, type WebhookOutbox } from './webhook-outbox.ts';
import { createWebhookStore, type WebhookStore } from './webhook-store.ts';
import { createWorkerStore, type WorkerStore } from './worker-store.ts';

/** Every store of a database, by subject. */
export interface Stores {
  // Sessions and what they write.
  sessions: SessionStore;
  heads: SessionHeads;
  conversationKeys: ConversationKeyStore;
  events: EventStore;
  transcripts: TranscriptStore;
  captures: CaptureStore;
  files: FileStore;
  messages: MessageStore;
  messageAcceptance: MessageAcceptance;
  messageRetention: MessageRetention;
  usage: UsageStore;
  claims: Claims;
  owned: OwnedSessions;
  stopRequests: StopRequests;
  reconcile: ReconcileStore;
  unusable: UnusableSessions;
  // Sessions that wait, and what they wait for.
  waiting: WaitingStore;
  limitWaits: LimitWaits;
  limits: LimitStore;
  concurrencyKeySlots: SlotStore;
  limitSlots: SlotStore;
  // Deletion of conversations.
  tree: ConversationTree;
  tombstones: TombstoneStore;
  spent: SpentStore;
  leftovers: SessionLeftovers;
  // Rotation of the keys that encrypt secrets.
  secrets: SecretStore;
  // The fleet.
  workers: WorkerStore;
  // Webhooks, schedules and callers.
  webhooks: WebhookStore;
  deliveries: DeliveryStore;
  outbox: WebhookOutbox;
  schedules: ScheduleStore;
  keys: KeyStore;
  logins: LoginStore;
}

/** What the stores of a database are created with. */
interface StoreOptions extends ListOptions {
  /** How long an uploaded file that nothing uses is kept, in milliseconds; a day by default. */
  fileUnusedMs?: number | undefined;
}

/**
 * Creates every store over one database and its clock. Nothing is read or written before a store is
 * used. Lists leave out documents that cannot be read, and log each of them to `lists.log`.
 */
export function createStores(
  db: Db,
  clock: StoreClock,
  { fileUnusedMs, ...lists }: StoreOptions = {},
): Stores {
  const tombstones = createTombstoneStore(db);
  const spent = createSpentStore(db);
  return {
    sessions: createSessionStore(db, tombstones, lists),
    heads: createSessionHeads(db, tombstones),
    conversationKeys: createConversationKeyStore(db),
    events: createEventStore(db),
    transcripts: createTranscriptStore(db),
    captures: createCaptureStore(db),
    files: createFileStore(db, clock, { unusedMs: fileUnusedMs }),
    messages: createMessageStore(db, clock, lists),
    messageAcceptance: createMessageAcceptance(db, clock),
    messageRetention: createMessageRetention(db, clock),
    usage: createUsageStore(db, spent),
    claims: createClaims(db, clock),
    owned: createOwnedSessions(db, clock),
    stopRequests: createStopRequests(db, clock),
    reconcile: createReconcileStore(db, clock),
    unusable: createUnusableSessions(db, clock),
    waiting: createWaitingStore(db, clock, lists),
    limitWaits: createLimitWaits(db, clock, lists),
    limits: createLimitStore(db, lists),
    concurrencyKeySlots: createSlotStore(db),
    limitSlots: createSlotStore(db, 'limit_slots'),
    tree: createConversationTree(db),
    tombstones,
    spent,
    leftovers: createSessionLeftovers(db),
    secrets: createSecretStore(db),
    workers: createWorkerStore(db, clock),
    webhooks: createWebhookStore(db, clock, lists),
    deliveries: createDeliveryStore(db, clock, lists),
    outbox: createWebhookOutbox(db),
    schedules: createScheduleStore(db, clock, lists),
    keys: createKeyStore(db, lists),
    logins: createLoginStore(db),
  };
}
