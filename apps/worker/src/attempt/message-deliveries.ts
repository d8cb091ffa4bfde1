// Follows each message that was written to the CLI until it is stored as delivered.
import { type Message, type MessageStore, messageLine } from '@baton/core/internal';
import type { ClaudeLine } from '../claude/line.ts';
import { asUserBlocks } from '../claude/prompt-text.ts';
import { messageStateOf } from '../claude/protocol-line.ts';
import type { Masker } from '../masking/masker.ts';
import type { ShownMessage } from './commit-and-renew-lease.ts';
import type { Recorder } from './recorder.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** The messages that were written and are not stored as delivered yet. */
export interface Deliveries {
  /** Records that a message was written. */
  sent(message: Message): void;
  /** Returns whether a message was sent that is not stored as delivered yet. */
  isExpecting(): boolean;
  /** Records a message as an event when a line says that a turn takes it. */
  observe(line: ClaudeLine): void;
  /** Records that entries of the transcript hold these messages. Other ids are ignored. */
  foundInTranscript(ids: readonly string[]): void;
  /**
   * Stores messages as delivered, and resolves to them, with the events that show them: the messages that the transcript holds
   * and that an event shows. With `all`, also stores the other messages that the transcript holds,
   * and the messages whose turn the CLI reported as completed. Resolves to an empty list if the
   * attempt must not write any more.
   */
  settle(options: { all: boolean }): Promise<ShownMessage[]>;
}

/** What deliveries need of their attempt. */
export interface DeliveryDeps extends WriteOptions {
  messages: Pick<MessageStore, 'setDelivered'>;
  recorder: Pick<Recorder, 'record' | 'seq'>;
  masker: Pick<Masker, 'line'>;
  /** The fence of the attempt. */
  fence: number;
  textOf(content: string): string;
}

/**
 * Creates the deliveries of a process. `claudeSessionId` returns Claude's id of its conversation.
 */
export function createDeliveries(deps: DeliveryDeps, claudeSessionId: () => string): Deliveries {
  const open = new Map<string, Message>();
  const shownAt = new Map<string, number>();
  const inTranscript = new Set<string>();
  const completed = new Set<string>();

  function show({ id, content, blocks }: Message): void {
    if (shownAt.has(id)) return;
    const shown = blocks ? asUserBlocks(blocks) : deps.textOf(content);
    const raw = deps.masker.line(messageLine(claudeSessionId(), shown, id));
    const line = { type: 'user', subtype: 'message', raw, bytes: Buffer.byteLength(raw) };
    void deps.recorder.record(line);
    shownAt.set(id, deps.recorder.seq);
  }

  return {
    sent: (message) => void open.set(message.id, message),
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
      const delivered = found.map((id) => ({ id, seq: shownAt.get(id) ?? deps.recorder.seq }));
      const stored = await writeUntilAcknowledged(async () => {
        await deps.messages.setDelivered(delivered, deps.fence);
        return {};
      }, deps);
      if (!stored) return [];
      for (const id of found) {
        for (const list of [inTranscript, completed, open, shownAt]) list.delete(id);
      }
      return delivered;
    },
  };
}
