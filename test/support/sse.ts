// A reader of server-sent events who reads only when it is asked to.
import { get, type IncomingMessage } from 'node:http';
import { defined } from '@baton/core/internal';

/** One message of a stream, its data parsed. */
export interface SseMessage {
  event: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the stream says
  data: any;
}

/** A stream being read. */
export interface SseReader {
  response: IncomingMessage;
  /** Comments read so far: heartbeats. */
  comments(): number;
  /** The next message; null where the stream has ended. */
  next(): Promise<SseMessage | null>;
  /** All messages up to the end of the stream, or up to one for which `until` holds. */
  all(until?: (message: SseMessage) => boolean): Promise<SseMessage[]>;
  close(): void;
}

/** Opens a stream; nothing is read before the first `next`. */
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
    // A stream that is cut ends like any other: what was read stands.
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
