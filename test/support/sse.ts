// A reader of server-sent events. It reads from the connection only while a call of `next` or `all` waits.
import { get, type IncomingMessage } from 'node:http';
import { defined } from '@baton/core/internal';

/** One message of a stream, with its data parsed. */
export interface SseMessage {
  event: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the type of the data depends on the stream
  data: any;
}

/** An open stream. */
export interface SseReader {
  response: IncomingMessage;
  /** Returns how many comments were read so far. A heartbeat is a comment. */
  comments(): number;
  /** Resolves with the next message, or with null after the end of the stream. */
  next(): Promise<SseMessage | null>;
  /** Reads up to the first message for which `until` is true, or to the end, and returns the messages. */
  all(until?: (message: SseMessage) => boolean): Promise<SseMessage[]>;
  close(): void;
}

/** Opens a stream. Its body is not read before the first call of `next` or `all`. */
export async function openStream(
  url: string,
  headers: Record<string, string> = {},
): Promise<SseReader> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(url, {
      agent: false,
      headers: { accept: 'text/event-stream', ...headers },
    });
    request.once('response', resolve).once('error', reject);
  });
  let comments = 0;
  const messages = read(response, () => {
    comments += 1;
  });

  async function next(): Promise<SseMessage | null> {
    const { value, done } = await messages.next();
    return done ? null : value;
  }

  return {
    response,
    comments: () => comments,
    next,
    async all(until = () => false) {
      const found: SseMessage[] = [];
      for (let one = await next(); one; one = await next()) {
        found.push(one);
        if (until(one)) break;
      }
      return found;
    },
    close: () => response.destroy(),
  };
}

async function* read(
  response: IncomingMessage,
  onComment: () => void,
): AsyncGenerator<SseMessage, void> {
  let rest = '';
  response.setEncoding('utf8');
  try {
    for await (const text of response) {
      const blocks = `${rest}${text}`.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const message = parse(block);
        if (message) yield message;
        else if (block.startsWith(':')) onComment();
      }
    }
  } catch {
    // A broken connection ends the stream like a normal end. The messages that were read stay valid.
  }
}

function parse(block: string): SseMessage | null {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  const { event, id, data } = fields;
  if (event === undefined || data === undefined) return null;
  return { event, ...defined({ id }), data: JSON.parse(data) };
}
