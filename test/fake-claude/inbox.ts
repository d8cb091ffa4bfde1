// What Baton writes to stdin: messages and control requests, one JSON line each.
import { createInterface } from 'node:readline';

/** When a message is delivered that arrives during a turn, in the order of delivery. */
const PRIORITIES = ['now', 'next', 'later'] as const;
type Priority = (typeof PRIORITIES)[number];

/** A message that came on stdin. */
export interface Message {
  uuid: string;
  text: string;
  /** The blocks of the message: its texts, pictures and documents. */
  content: readonly Block[];
  priority: Priority;
}

/** A block of a message. */
export interface Block {
  type: string;
  text?: string;
}

/** The messages and requests of one process. */
export interface Inbox {
  /**
   * Resolves to the messages with which the next turn begins: the first message alone, and later
   * all that wait with one priority. Resolves to null once stdin has ended and no message waits.
   */
  next(): Promise<Message[] | null>;
  /** Returns the messages that wait with this priority, and takes them out. */
  take(priority: Priority): Message[];
  /** Returns whether a message waits with this priority. */
  holds(priority: Priority): boolean;
}

/** What the process does about each line. */
export interface Listener {
  /** Called with each message when it is read. Returns whether the message is new. */
  arrived(message: Message): boolean;
  /**
   * Called with a control request. Returns the response, or undefined if the request is unknown.
   */
  asked(request: Record<string, unknown>): Record<string, unknown> | undefined;
  /** Called when a message was withdrawn. */
  withdrawn(uuid: string): void;
  /** Prints a line. */
  print(line: Record<string, unknown>): void;
}

/** Reads stdin from now on. */
export function openInbox(listener: Listener): Inbox {
  let waiting: Message[] = [];
  let hasBegun = false;
  let hasEnded = false;
  let wake: () => void = () => undefined;

  function respond(id: unknown, response: Record<string, unknown> | undefined): void {
    const answer =
      response === undefined
        ? { subtype: 'error', request_id: id, error: 'Unsupported control request subtype' }
        : { subtype: 'success', request_id: id, response };
    listener.print({ type: 'control_response', response: answer });
  }

  function withdraw(uuid: string): boolean {
    const index = waiting.findIndex((message) => message.uuid === uuid);
    if (index < 0) return false;
    waiting.splice(index, 1);
    listener.withdrawn(uuid);
    return true;
  }

  function read(line: string): void {
    const value = JSON.parse(line) as Record<string, unknown>;
    if (value['type'] === 'control_request') {
      const request = value['request'] as Record<string, unknown>;
      const isWithdrawal = request['subtype'] === 'cancel_async_message';
      const response = isWithdrawal
        ? { cancelled: withdraw(String(request['message_uuid'])) }
        : listener.asked(request);
      respond(value['request_id'], response);
    } else if (value['type'] === 'user') {
      const { content } = value['message'] as { content: Block[] };
      const text = content.map((block) => block.text ?? '').join('');
      const priority = PRIORITIES.find((one) => one === value['priority']) ?? 'next';
      const message = { uuid: String(value['uuid']), text, content, priority };
      if (listener.arrived(message)) waiting.push(message);
    }
    wake();
  }

  const holds = (priority: Priority) => waiting.some((message) => message.priority === priority);

  function take(priority: Priority): Message[] {
    const taken = waiting.filter((message) => message.priority === priority);
    waiting = waiting.filter((message) => message.priority !== priority);
    return taken;
  }

  function takeForTurn(): Message[] {
    if (!hasBegun) return waiting.splice(0, 1);
    return take(PRIORITIES.find(holds) ?? 'next');
  }

  createInterface({ input: process.stdin })
    .on('line', read)
    .on('close', () => {
      hasEnded = true;
      wake();
    });
  return {
    async next() {
      while (waiting.length === 0 && !hasEnded) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const messages = takeForTurn();
      hasBegun = true;
      return messages.length > 0 ? messages : null;
    },
    take,
    holds,
  };
}
