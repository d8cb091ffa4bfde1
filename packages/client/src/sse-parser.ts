/** One message of a stream of server-sent events. */
export interface SseMessage {
  event: string;
  /** The id of this message; undefined where it has none. */
  id: string | undefined;
  data: string;
}

/** Reads server-sent events off the pieces of a stream. */
export interface SseParser {
  /** The messages that this piece completes. */
  push(text: string): SseMessage[];
  /** When the stream asks its reader to come again, in milliseconds, once it said so. */
  retryMs(): number | undefined;
  /** How much is held of a message that is not complete, in characters. */
  bufferedLength(): number;
}

/** A parser at the beginning of a stream. */
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
      // A long line comes in many pieces: it is gone through once, when its end is there.
      if (!/[\r\n]/.test(text) && !rest.endsWith('\r')) {
        rest += text;
        return [];
      }
      const all = rest + text;
      // A carriage return at the very end may be the half of a line's end.
      const whole = all.endsWith('\r') ? all.slice(0, -1) : all;
      const lines = whole.split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? '') + all.slice(whole.length);
      return lines.map(take).filter((one) => one !== null);
    },
    retryMs: () => retryMs,
    bufferedLength: () => rest.length + size,
  };
}
