/** One message of a stream of server-sent events. */
export interface SseMessage {
  event: string;
  /** The id of this message; undefined if it has none. */
  id: string | undefined;
  data: string;
}

/** Parses server-sent events from the chunks of a stream. */
export interface SseParser {
  /** Adds a chunk, and returns the messages that it completes. */
  push(text: string): SseMessage[];
  /** The reconnect delay that the stream set, in milliseconds; undefined if it set none. */
  retryMs(): number | undefined;
  /** The number of characters in the buffer that are not yet part of a complete message. */
  bufferedLength(): number;
}

/** Creates a parser for a new stream. */
export function createSseParser(): SseParser {
  let rest = '';
  let message = new Map<string, string>();
  let size = 0;
  let retryMs: number | undefined;

  function take(line: string): SseMessage | null {
    if (line === '') {
      const { event = 'message', id, data } = Object.fromEntries(message);
      message = new Map();
      size = 0;
      return data === undefined ? null : { event, id, data };
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'retry' && /^\d+$/.test(value)) retryMs = Number(value);
    const earlier = field === 'data' ? message.get('data') : undefined;
    message.set(field, earlier === undefined ? value : `${earlier}\n${value}`);
    size += line.length;
    return null;
  }

  return {
    push(text) {
      // A long line arrives in many chunks. It is split only when its end arrives, so it is scanned
      // once.
      if (!/[\r\n]/.test(text) && !rest.endsWith('\r')) {
        rest += text;
        return [];
      }
      const all = rest + text;
      // A carriage return at the end of a chunk may be the first half of \r\n.
      const whole = all.endsWith('\r') ? all.slice(0, -1) : all;
      const lines = whole.split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? '') + all.slice(whole.length);
      return lines.map(take).filter((one) => one !== null);
    },
    retryMs: () => retryMs,
    bufferedLength: () => rest.length + size,
  };
}
