import { invalid } from './baton-error.ts';

/** What a client is made from. */
export interface ClientOptions {
  /** Where the API is; a path in it stands before `/v1`. */
  baseUrl: string | URL;
  /** Shown with every call. */
  apiKey?: string | undefined;
  /** Default: the platform's. */
  fetch?: typeof globalThis.fetch | undefined;
  /** The limit of a call with all its retries, in milliseconds. Default: one minute. */
  timeoutMs?: number | undefined;
  /** How often a call that failed is made again, at most. Default: 6. */
  retries?: number | undefined;
  /** How long a stream tries to come back before it throws, in milliseconds. Default: five minutes. */
  reconnectForMs?: number | undefined;
  /** How long a stream may say nothing, in milliseconds: then it is dead, and opened again. Default: one minute. */
  silentForMs?: number | undefined;
}

/** What one call may say of itself. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The limit of this call with all its retries, in milliseconds; it throws TIMED_OUT. */
  timeoutMs?: number | undefined;
}

/** The options of a client, checked, with their defaults. */
export interface Settings {
  base: URL;
  headers: Readonly<Record<string, string>>;
  fetch: typeof globalThis.fetch;
  timeoutMs: number;
  retries: number;
  reconnectForMs: number;
  silentForMs: number;
}

/** Checks the options of a client. Throws INVALID_REQUEST, without saying what is secret. */
export function parseOptions(options: ClientOptions): Settings {
  const { apiKey, fetch, timeoutMs = 60_000, retries = 6 } = options;
  // The server says something every 15 s.
  const { reconnectForMs = 300_000, silentForMs = 60_000 } = options;
  // A header that is refused is quoted in the error of many a fetch.
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw invalid('apiKey', 'visible ASCII characters');
  }
  for (const [name, value] of Object.entries({ timeoutMs, retries, reconnectForMs, silentForMs })) {
    if (!(value >= 0)) throw invalid(name, 'a number of 0 or more');
  }
  return {
    base: parseBase(options.baseUrl),
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    // Called as a method of the window: a browser's fetch refuses to be called otherwise.
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
