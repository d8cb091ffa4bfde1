// Takes the messages that callers send to a running session to the CLI, and follows each one to its
// place in the conversation.
import {
  defined,
  type Message,
  type MessageStore,
  messageLine,
  type OwnedSession,
  type PendingMessage,
} from '@baton/core/internal';
import type { ClaudeInput } from '../claude/input.ts';
import type { ClaudeLine } from '../claude/line.ts';
import type { PendingWork } from '../claude/pending-work.ts';
import { messageStateOf } from '../claude/protocol-line.ts';
import type { Masker } from '../masking/masker.ts';
import type { Recorder } from './recorder.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** The process that gets the messages. */
export interface RelayTarget {
  input: Pick<ClaudeInput, 'send'>;
  work: Pick<PendingWork, 'sent' | 'waiting'>;
  /** Returns Claude's id of the conversation, for the events. */
  claudeSessionId(): string;
  /** Returns whether the session may take another message: it is not being stopped, and has turns left. */
  mayTakeMore(): boolean;
  /** Called when the relay has nothing to write any more. */
  onIdle(): void;
}

/** Takes messages to the CLI. */
export interface MessageRelay {
  /** Sends what is pending and not sent yet. Called with the pending messages of each write. */
  pendingChanged(pending: readonly PendingMessage[] | undefined): void;
  /** Sends what is pending, because a message may have been accepted. */
  wake(): void;
  /** Connects the relay to a process that has just started, and sends what is pending. */
  connect(target: RelayTarget): void;
  /** Returns whether the relay is about to write messages. Stdin must stay open meanwhile. */
  isSending(): boolean;
  /** Records a message as an event when a line says that a turn takes it. */
  observe(line: ClaudeLine): void;
  /**
   * Returns whether this attempt sent each of these messages and the CLI has read it. A message that
   * is still pending after the process ended was dropped by the CLI, so sending it again is useless.
   */
  hasSentAll(ids: readonly string[]): boolean;
  /** Returns whether a message was sent that is not stored as delivered yet. */
  isExpecting(): boolean;
  /** Records that entries of the transcript hold these messages. Other ids are ignored. */
  foundInTranscript(ids: readonly string[]): void;
  /**
   * Stores the messages that are in the transcript as delivered, and resolves to their ids. Commit
   * these ids together with the manifest of that transcript. With `all`, also those whose place no
   * line has shown yet, and those whose turn is over: a slash command may leave no entry with the id
   * of its message.
   */
  settle(options: { all: boolean }): Promise<string[]>;
}

/** What a relay needs of its attempt. */
export interface RelayDeps extends WriteOptions {
  owned: Pick<OwnedSession, 'claimMessages' | 'dropMessages'>;
  messages: Pick<MessageStore, 'getMany' | 'setDelivered'>;
  recorder: Pick<Recorder, 'record' | 'seq'>;
  masker: Pick<Masker, 'line'>;
  now(): Promise<Date>;
  /** Called with the ids of messages whose documents are missing; they are dropped. */
  onMissing(ids: readonly string[]): void;
  /** Returns the text of a message as the CLI gets it. */
  textOf(message: Pick<Message, 'content'>): string;
}

/** Creates the relay of an attempt. It sends nothing before it is connected. */
export function createMessageRelay(deps: RelayDeps): MessageRelay {
  const sent = new Set<string>();
  // The messages that are sent and not yet stored as delivered.
  const open = new Map<string, Message>();
  const shownAt = new Map<string, number>();
  const inTranscript = new Set<string>();
  const completed = new Set<string>();
  let target: RelayTarget | null = null;
  let sending: Promise<void> | null = null;
  let isWoken = false;

  async function drop(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    deps.onMissing(ids);
    await writeUntilAcknowledged(() => deps.owned.dropMessages(ids), deps);
  }

  async function sendPending(to: RelayTarget): Promise<void> {
    const pending = await writeUntilAcknowledged(
      async () => ({ messages: await deps.owned.claimMessages() }),
      deps,
    );
    const ids = (pending?.messages ?? []).map(({ id }) => id).filter((id) => !sent.has(id));
    const messages = await writeUntilAcknowledged(() => deps.messages.getMany(ids), deps);
    if (!messages) return;
    await drop(ids.filter((id) => !messages.some((message) => message.id === id)));
    for (const message of messages) {
      if (!to.mayTakeMore()) return;
      const { id: uuid, priority } = message;
      const isWritten = to.input.send({ uuid, text: deps.textOf(message), priority });
      if (!isWritten) return;
      sent.add(uuid);
      open.set(uuid, message);
      to.work.sent(uuid);
    }
  }

  async function sendWhileWoken(to: RelayTarget): Promise<void> {
    while (isWoken && to.mayTakeMore()) {
      isWoken = false;
      await sendPending(to);
    }
  }

  function wake(): void {
    isWoken = true;
    const to = target;
    if (to === null || sending !== null) return;
    sending = sendWhileWoken(to).finally(() => {
      sending = null;
      to.onIdle();
    });
  }

  function show(message: Message): void {
    if (shownAt.has(message.id)) return;
    const claudeSessionId = target?.claudeSessionId() ?? '';
    const raw = deps.masker.line(messageLine(claudeSessionId, deps.textOf(message), message.id));
    const line = { type: 'user', subtype: 'message', raw, bytes: Buffer.byteLength(raw) };
    void deps.recorder.record(line);
    shownAt.set(message.id, deps.recorder.seq);
  }

  return {
    pendingChanged(pending) {
      if (pending?.some(({ id }) => !sent.has(id))) wake();
    },
    wake,
    connect(process) {
      target = process;
      if (isWoken) wake();
    },
    isSending: () => sending !== null,
    hasSentAll(ids) {
      const waiting = target?.work.waiting() ?? [];
      return ids.every((id) => sent.has(id) && !waiting.includes(id));
    },
    isExpecting: () => open.size > 0,
    observe(line) {
      const state = messageStateOf(line);
      const message = state && open.get(state.uuid);
      if (!message) return;
      if (state.state === 'started') show(message);
      if (state.state === 'completed') completed.add(message.id);
    },
    foundInTranscript(ids) {
      for (const id of ids) if (open.has(id)) inTranscript.add(id);
    },
    async settle({ all }) {
      const found = all
        ? [...new Set([...inTranscript, ...completed])]
        : [...inTranscript].filter((id) => shownAt.has(id));
      if (found.length === 0) return [];
      for (const message of found.flatMap((id) => open.get(id) ?? [])) show(message);
      const delivered = found.map((id) => ({ id, ...defined({ seq: shownAt.get(id) }) }));
      await writeUntilAcknowledged(async () => {
        await deps.messages.setDelivered(delivered, await deps.now());
        return {};
      }, deps);
      for (const id of found) {
        for (const list of [inTranscript, completed, open, shownAt]) list.delete(id);
      }
      return found;
    },
  };
}
