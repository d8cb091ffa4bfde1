// Sends the messages of callers to the CLI of a running session, and follows each message until it
// is stored as delivered.
import {
  defined,
  type Message,
  type MessageStore,
  type OwnedSession,
  type PendingMessage,
} from '@baton/core/internal';
import type { ClaudeInput } from '../claude/input.ts';
import type { ClaudeLine } from '../claude/line.ts';
import type { PendingWork } from '../claude/pending-work.ts';
import { asUserBlocks } from '../claude/prompt-text.ts';
import type { Masker } from '../masking/masker.ts';
import type { ShownMessage } from './commit-and-renew-lease.ts';
import { createDeliveries } from './message-deliveries.ts';
import type { Recorder } from './recorder.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** The process that gets the messages. */
export interface RelayTarget {
  input: Pick<ClaudeInput, 'send'>;
  work: Pick<PendingWork, 'sent' | 'waiting' | 'isIdle'>;
  /** Returns Claude's id of the conversation, for the events. */
  claudeSessionId(): string;
  /**
   * Returns whether the session may take another message: Baton is not stopping it, and it has
   * turns and budget left.
   */
  mayTakeMore(): boolean;
  /** Called when the relay has nothing left to write. */
  onIdle(): void;
}

/** Sends messages to the CLI. */
export interface MessageRelay {
  /**
   * Sends the pending messages that were not sent yet. Messages with the priority `later` wait for
   * the end of the turn. Called with the session's pending messages after each write.
   */
  pendingChanged(pending: readonly PendingMessage[] | undefined): void;
  /**
   * Reads the session's pending messages and sends them. Called when the session may have accepted
   * a message.
   */
  wake(): void;
  /**
   * Loads the pending messages before a process starts. With `later: false`, leaves out messages of
   * the priority `later`. Resolves to how many messages wait to be written.
   */
  load(options: { later: boolean }): Promise<number>;
  /** Connects the relay to a process that has just started, and sends the loaded messages. */
  connect(target: RelayTarget): void;
  /** Sends the messages that wait for the end of a turn. Called with each result line. */
  turnEnded(): void;
  /** Returns whether the relay is loading or writing messages. Until then, stdin must stay open. */
  isSending(): boolean;
  /** Returns whether any message was written. */
  hasSent(): boolean;
  /** Returns whether any message was marked as sent, written or not. */
  hasClaimed(): boolean;
  /**
   * Returns whether this attempt sent each of these messages, and whether the CLI has reported more
   * of it than that it waits. If such a message is still pending after the process has ended, the
   * CLI dropped it, and sending it again is useless.
   */
  hasSentAll(ids: readonly string[]): boolean;
  /** Returns whether a message was sent that is not stored as delivered yet. */
  isExpecting(): boolean;
  /** Records a message as an event when a line says that a turn takes it. */
  observe(line: ClaudeLine): void;
  /** Records that entries of the transcript hold these messages. Other ids are ignored. */
  foundInTranscript(ids: readonly string[]): void;
  /**
   * Stores messages as delivered, and resolves to them: the messages that the transcript holds and
   * that an event shows. Commit them together with the manifest of that transcript. With
   * `all`, also stores the other messages that the transcript holds, and the messages whose turn
   * the CLI reported as completed.
   */
  settle(options: { all: boolean }): Promise<ShownMessage[]>;
  /** Returns the text of a message as the CLI gets it. */
  textOf(content: string): string;
}

/** What a relay needs of its attempt. */
export interface RelayDeps extends WriteOptions {
  owned: Pick<OwnedSession, 'fence' | 'claimMessages' | 'dropMessages'>;
  messages: Pick<MessageStore, 'getMany' | 'setDelivered'>;
  recorder: Pick<Recorder, 'record' | 'seq'>;
  masker: Pick<Masker, 'line'>;
  /** Called with the ids of messages whose documents are missing. The relay then drops them. */
  onMissing(ids: readonly string[]): void;
  /** Returns the text of a message as the CLI gets it. */
  textOf(content: string): string;
}

/** Creates the relay of an attempt. It sends nothing before it is connected. */
export function createMessageRelay(deps: RelayDeps): MessageRelay {
  const { fence } = deps.owned;
  const deliveries = createDeliveries({ ...deps, fence }, () => target?.claudeSessionId() ?? '');
  const sent = new Set<string>();
  // The messages that are loaded and not written yet, in order.
  let loaded: Message[] = [];
  // Whether messages wait for the end of the turn.
  let hasLater = false;
  let target: RelayTarget | null = null;
  let sending: Promise<void> | null = null;
  let isWoken = false;

  async function loadPending(later: boolean): Promise<void> {
    const claim = await writeUntilAcknowledged(
      async () => ({ messages: await deps.owned.claimMessages({ later }) }),
      deps,
    );
    const pending = claim?.messages ?? [];
    hasLater = pending.some(({ sent_by }) => sent_by !== fence);
    const isKnown = (id: string) => sent.has(id) || loaded.some((message) => message.id === id);
    const ids = pending
      .filter(({ id, sent_by }) => sent_by === fence && !isKnown(id))
      .map(({ id }) => id);
    const messages = await writeUntilAcknowledged(() => deps.messages.getMany(ids), deps);
    if (!messages) return;
    const missing = ids.filter((id) => !messages.some((message) => message.id === id));
    loaded.push(...messages);
    if (missing.length === 0) return;
    deps.onMissing(missing);
    await writeUntilAcknowledged(() => deps.owned.dropMessages(missing), deps);
  }

  function writeLoaded(to: RelayTarget): void {
    while (loaded[0] && to.mayTakeMore()) {
      const [message] = loaded;
      const { id: uuid, priority, content, blocks } = message;
      const shown = {
        text: deps.textOf(content),
        ...defined({ blocks: blocks && asUserBlocks(blocks) }),
      };
      if (!to.input.send({ uuid, ...shown, priority })) return;
      loaded = loaded.slice(1);
      sent.add(uuid);
      deliveries.sent(message);
      to.work.sent(uuid);
    }
  }

  async function sendWhileWoken(to: RelayTarget): Promise<void> {
    writeLoaded(to);
    while (isWoken && to.mayTakeMore()) {
      isWoken = false;
      await loadPending(to.work.isIdle());
      writeLoaded(to);
    }
  }

  function wake(): void {
    isWoken = true;
    const to = target;
    if (to === null || sending !== null || !to.mayTakeMore()) return;
    sending = sendWhileWoken(to).finally(() => {
      sending = null;
      // `wake` may have been called since the last round read the pending messages.
      if (isWoken && to.mayTakeMore()) wake();
      else to.onIdle();
    });
  }

  return {
    pendingChanged(pending = []) {
      const isNew = ({ id, sent_by }: PendingMessage) => !sent.has(id) && sent_by !== fence;
      const isUrgent = pending.some((one) => isNew(one) && one.priority !== 'later');
      hasLater ||= pending.some((one) => isNew(one) && one.priority === 'later');
      if (isUrgent || (hasLater && target?.work.isIdle() !== false)) wake();
    },
    wake,
    async load({ later }) {
      isWoken = false;
      await loadPending(later);
      return loaded.length;
    },
    connect(process) {
      target = process;
      writeLoaded(process);
      if (isWoken) wake();
    },
    turnEnded() {
      if (hasLater) wake();
    },
    isSending: () => sending !== null,
    hasSent: () => sent.size > 0,
    hasClaimed: () => sent.size + loaded.length > 0,
    hasSentAll(ids) {
      const waiting = target?.work.waiting() ?? [];
      return ids.every((id) => sent.has(id) && !waiting.includes(id));
    },
    isExpecting: deliveries.isExpecting,
    observe: deliveries.observe,
    foundInTranscript: deliveries.foundInTranscript,
    settle: deliveries.settle,
    textOf: deps.textOf,
  };
}
