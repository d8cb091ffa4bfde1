import { invalid } from './baton-error.ts';

/** The options of a client. */
export interface ClientOptions {
  /** The URL of the API. If it has a path, `/v1` follows that path. */
  baseUrl: string | URL;
  /** The API key that is sent with every call. Default: none. */
  apiKey?: string | undefined;
  /** The function that sends requests. Default: `fetch` of the platform. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How long a call may take with all its retries, in milliseconds. Default: one minute. */
  timeoutMs?: number | undefined;
  /** The maximum number of retries of a failed call. Default: 6. */
  retries?: number | undefined;
  /**
   * How long a stream tries to reconnect before it throws, in milliseconds. Default: five minutes.
   */
  reconnectForMs?: number | undefined;
  /**
   * How long a stream may send no data before it is opened again, in milliseconds. Default: one
   * minute.
   */
  silentForMs?: number | undefined;
}

/** The options of one call. */
export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /**
   * How long the call may take with all its retries, in milliseconds. After that time the call
   * throws TIMED_OUT.
   */
  timeoutMs?: number | undefined;
}

/** The validated options of a client, with defaults. */
export interface Settings {
  base: URL;
  headers: Readonly<Record<string, string>>;
  fetch: typeof globalThis.fetch;
  timeoutMs: number;
  retries: number;
  reconnectForMs: number;
  silentForMs: number;
}

/**
 * Validates the options of a client. Throws INVALID_REQUEST. The error message never contains the
 * API key.
 */
export function parseOptions(options: ClientOptions): Settings {
  const { apiKey, fetch, timeoutMs = 60_000, retries = 6 } = options;
  // The server sends a heartbeat every 15 s, so a silent minute is four missed heartbeats.
  const { reconnectForMs = 300_000, silentForMs = 60_000 } = options;
  // Many fetch implementations quote an invalid header in their error, which would reveal the API
  // key.
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw invalid('apiKey', 'visible ASCII characters');
  }
  for (const [name, value] of Object.entries({ timeoutMs, retries, reconnectForMs, silentForMs })) {
    if (!(value >= 0)) throw invalid(name, 'a number of 0 or more');
  }
  return {
    base: parseBase(options.baseUrl),
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    // A browser's fetch throws unless it is called as a method of the global object.
    fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
    timeoutMs,
    retries,
    reconnectForMs,
    silentForMs,
  };
}

function parseBase(url: string | URL): URL {
  const base = URL.canParse(String(url)) ? new URL(url) : null;
  const isHttp = base?.protocol === 'http:' || base?.protocol === 'https:';
  if (!base || !isHttp) throw invalid('baseUrl', 'an absolute http or https URL');
  if (base.username || base.password || base.search || base.hash) {
    throw invalid('baseUrl', 'a URL without credentials, query or fragment');
  }
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}
